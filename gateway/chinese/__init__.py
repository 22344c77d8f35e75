"""What the gateway says in English, in Chinese: for pages and reports; the log and the command line stay English.

Sentences are made where something is known, in English; what is stored (outages, runs, records) is stored like that.
`sentences/` has their Chinese, a file for each part of the program.
"""

from gateway.chinese.phrasebook import chinese, chinese_of

__all__ = ["chinese", "chinese_of"]
