"""Moto in server mode, which ends when its standard input does: nothing stays behind where the tests are killed."""

import os
import sys
import threading

from moto.server import main


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == '__main__':
    threading.Thread(target=end_with_input, daemon=True).start()
    main(sys.argv[1:])
