"""Write the decks with all that they load into a folder to carry away."""

import sys
from pathlib import Path

from teaching_kit import slides

folder = Path(sys.argv[1])
slides.write_shared(folder)
for deck in slides.write_decks(folder):
    print(deck)
