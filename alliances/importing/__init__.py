"""Files in and out: one reader and one writer, CSV and Excel, and the organizations file on top of them."""

from alliances.importing.csv_format import read_csv_rows, write_csv
from alliances.importing.formats import FileFormat, read_table, table_file
from alliances.importing.problems import ImportProblem, ImportRefused

__all__ = [
    "FileFormat",
    "ImportProblem",
    "ImportRefused",
    "read_csv_rows",
    "read_table",
    "table_file",
    "write_csv",
]
