"""Stage validate: is the prepared data fit to learn from and to judge with?"""

from hallmark.validate.validation import failures_table as failures_table
from hallmark.validate.validation import validate_examples as validate_examples
