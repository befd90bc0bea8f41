/* Where a passage begins and ends: the twin of search/highlight/layout.py, which explains it. */

#include "passages.h"

static Py_ssize_t further(Text *text, Py_ssize_t left, Py_ssize_t right, Py_ssize_t ceiling, Py_ssize_t highest) {
    highest = smaller(highest, left + text->chooser->max_length);
    while (right + 1 < ceiling) {
        Py_ssize_t following = sentence_end(text, right + 1, ceiling);
        if (following == FAR_AWAY || following <= right || following > highest)
            break;
        right = following;
    }
    return right;
}

Passage filled(Text *text, Py_ssize_t left, Py_ssize_t right, Span block, Span room) {
    Py_ssize_t longest = text->chooser->max_length;
    right = further(text, left, right, block.end, room.end);
    if (right - left < longest / 2 && left > room.start) {
        Py_ssize_t before = sentence_start(text, stripped(text, block.start, left) - 1, block.start);
        if (before != FAR_AWAY && before >= room.start && right - before <= longest)
            left = before;
    }
    return (Passage){left, right, 0, 0};
}

static int has_unspaced(Text *text, Py_ssize_t start, Py_ssize_t end) {
    while (start < end && !(class_at(text, start) & UNSPACED))
        start++;
    return start < end;
}

/* The first place from `earliest` on where a word begins. */
static Py_ssize_t word_start(Text *text, Py_ssize_t start, Py_ssize_t earliest) {
    Py_ssize_t place = earliest;
    while (place < start && place > 0 && !(class_at(text, place - 1) & SPACE))
        place++;
    if (place == start && start > earliest && has_unspaced(text, earliest, start))
        place = earliest;
    while (place < start && class_at(text, place) & SPACE)
        place++;
    return place;
}

/* The last place up to `limit` where a word ends. */
static Py_ssize_t cut_end(Text *text, Py_ssize_t end, Py_ssize_t limit) {
    limit = smaller(limit, text->length);
    Py_ssize_t place = limit;
    while (place > end && place < text->length && !(class_at(text, place) & SPACE))
        place--;
    return place > end ? stripped(text, end, place) : limit;
}

Passage torn(Text *text, Span shown, Span block, Span room, Py_ssize_t left, Py_ssize_t right) {
    Py_ssize_t longest = text->chooser->max_length, start = shown.start, end = shown.end;
    if (left != FAR_AWAY && end - left <= longest) {
        Py_ssize_t last = cut_end(text, end, smaller(room.end, larger(left + longest, end)));
        return (Passage){left, last, 0, last < stripped(text, end, block.end)};
    }
    Py_ssize_t last_end = right >= end ? right : sentence_end(text, end, block.end);
    if (last_end >= end && last_end <= smaller(room.end, start + longest - longest / 6))
        return (Passage){word_start(text, start, larger(room.start, last_end - longest)), last_end, 1, 0};
    Py_ssize_t spare = larger(0, longest - (end - start));
    Py_ssize_t first = word_start(text, start, larger(room.start, start - spare / 3));
    Py_ssize_t last = cut_end(text, end, smaller(room.end, larger(first + longest, end)));
    return (Passage){first, last, first > block.start, last < stripped(text, end, block.end)};
}
