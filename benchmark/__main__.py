"""`python -m benchmark`.

Nothing is imported unless this is the command itself: the processes it starts pass through here as well.
"""

if __name__ == "__main__":
    from benchmark.command import main

    main()
