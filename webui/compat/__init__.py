"""The dialects of two other news search services, so that programs written for them can ask this archive.

Each is thin: its parameters become a `SearchRequest`, the archive answers it as any other, and the answer is written in
the dialect's shape. What the archive cannot answer is an error in that shape, never an empty answer. The dialects speak
English, as the services do whose clients they are for.
"""
