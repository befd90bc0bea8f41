"""Backups of an archive on a local disk: taken while others write, verified, and put back without what was taken down.

TARGET/
├── backfile.backups        marks the folder as one of backups; locked by whoever works in it
├── 000001/                 a backup; it has this name only when it is whole and on the disk
│   ├── backup.json         what it holds, each file with its size and its SHA-256: see `contents`
│   ├── index/              an index that can be opened as it is
│   ├── ledger              the ledger, a copy of the SQLite file
│   └── state               what runs have learned of their sources, likewise
├── 000002/                 the next one; files that both have are one file with two names
├── 000003.new/             one that is being made, or was cut off; the next run removes it
└── 000000.gone/            one that is being removed, likewise
"""
