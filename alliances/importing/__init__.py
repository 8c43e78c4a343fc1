"""Files in and out: one reader, one writer, and the organizations file on top of them."""

from alliances.importing.csv_format import read_csv_rows, write_csv
from alliances.importing.problems import ImportProblem, ImportRefused

__all__ = ["ImportProblem", "ImportRefused", "read_csv_rows", "write_csv"]
