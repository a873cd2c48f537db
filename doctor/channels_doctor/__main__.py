"""`python -m channels_doctor FOLDER`."""

import sys

from channels_doctor.cli import main

sys.exit(main())
