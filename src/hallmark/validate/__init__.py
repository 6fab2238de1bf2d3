"""Stage validate: are the raw tables and the prepared data fit to learn from and to judge with?"""

from hallmark.validate.engines import IN_DATABASE_FROM as IN_DATABASE_FROM
from hallmark.validate.raw_tables import read_raw_tables as read_raw_tables
from hallmark.validate.validation import failures_table as failures_table
from hallmark.validate.validation import validate_examples as validate_examples
