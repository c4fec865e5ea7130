"""Samples and joint tables from files.

=============================  =====================================================================
name of the file               content
=============================  =====================================================================
``.npy``                       samples (integers, booleans, single characters) or a joint table
                               (floats)
``.npz``                       one such array, or arrays named ``samples``, ``weights`` and ``pmf``
``.fa .fasta .faa .fna .afa``  an alignment in FASTA format; lower case counts as upper case
``.a2m``, ``.a3m``             an alignment whose lower-case letters and ``.`` are inserts: removed
``.csv``                       integers separated by commas, one sample a row
``.tsv``                       integers separated by tabs, or two columns ``sequence<TAB>count``
anything else                  text of equal-length lines, one sample a line, or
                               ``sequence<TAB>count``
=============================  =====================================================================

Text of every form is UTF-8 and may be compressed (a further ``.gz``); empty lines and lines that
begin with ``#`` are skipped. Header lines:

* ``sequence<TAB>count``: the first line is a header if its second field holds no digit and is not
  a number (``count`` is a header; ``nan`` and the slip ``l2`` are errors).
* integers: the first row is a header if none of its cells is a number.
* plain text has no header, unless ``#`` marks it.

A ``.tsv`` file of two columns holds counts if its header calls the second column ``count`` or
``weight`` (or the plural), or if the first cell below any header is not a whole number. Every
column of any other table of integers is a variable.

Nothing here unpickles, so a file from a stranger cannot run code.
"""

from ._error import ReadError as ReadError
from ._load import load as load
from ._read import read as read
from ._result import Samples as Samples
from ._result import Table as Table

__all__ = ["ReadError", "Samples", "Table", "load", "read"]
