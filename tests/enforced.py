"""How annotations are enforced in the tests: a whole number may stand where a float may."""

from beartype import BeartypeConf, beartype

enforced = beartype(conf=BeartypeConf(is_pep484_tower=True))
