"""How the documentation is built: ``sphinx-build -W docs docs/_build``."""

import matplotlib as mpl

import unmask

mpl.use("Agg")

project = "unmask"
release = unmask.__version__
copyright = "the authors of unmask"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
default_role = "code"
#: A letter such as the ``n`` of a shape is not the name of an attribute.
suppress_warnings = ["ref.python"]
exclude_patterns = ["gallery/*"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "unmask"

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "theory",
    "filename_pattern": r"\.py",
    "within_subsection_order": "FileNameSortKey",
    "ignore_repr_types": r"matplotlib\.",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}
