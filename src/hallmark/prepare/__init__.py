"""Stage prepare: from raw examples to prepared ones; every example gets its split and its fingerprint."""

from hallmark.prepare.former_encoding import prepare_for_encoding as prepare_for_encoding
from hallmark.prepare.leaks import refuse_label_inputs as refuse_label_inputs
from hallmark.prepare.preparation import prepare_examples as prepare_examples
