"""The one exception of this package's own."""


class ReadError(ValueError):
    """The content of a file is not what its format, or the request, calls for.

    The message names the file, the place (line, record or array index) and what was expected.
    Files that are missing, are directories or may not be read raise the usual `OSError`.
    """
