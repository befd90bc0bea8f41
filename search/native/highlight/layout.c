/* Where a passage begins and ends: the twin of search/highlight/layout.py, which explains it. */

#include "passages.h"

static Py_ssize_t further(Text *text, Py_ssize_t left, Py_ssize_t right, Py_ssize_t ceiling) {
    while (right + 1 < ceiling) {
        Py_ssize_t following = sentence_end(text, right + 1, ceiling);
        if (following == FAR_AWAY || following <= right || following - left > text->chooser->max_length)
            break;
        right = following;
    }
    return right;
}

Passage filled(Text *text, Py_ssize_t left, Py_ssize_t right, Py_ssize_t floor, Py_ssize_t ceiling) {
    Py_ssize_t longest = text->chooser->max_length;
    right = further(text, left, right, ceiling);
    if (right - left < longest / 2 && left > floor) {
        Py_ssize_t before = sentence_start(text, stripped(text, floor, left) - 1, floor);
        if (before != FAR_AWAY && right - before <= longest)
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

Passage torn(Text *text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t floor, Py_ssize_t ceiling, Py_ssize_t left,
             Py_ssize_t right) {
    Py_ssize_t longest = text->chooser->max_length;
    if (left != FAR_AWAY && end - left <= longest) {
        Py_ssize_t last = cut_end(text, end, smaller(ceiling, larger(left + longest, end)));
        return (Passage){left, last, 0, last < stripped(text, end, ceiling)};
    }
    Py_ssize_t last_end = right >= end ? right : sentence_end(text, end, ceiling);
    if (last_end >= end && last_end - start <= longest - longest / 6)
        return (Passage){word_start(text, start, larger(floor, last_end - longest)), last_end, 1, 0};
    Py_ssize_t spare = larger(0, longest - (end - start));
    Py_ssize_t first = word_start(text, start, larger(floor, start - spare / 3));
    Py_ssize_t last = cut_end(text, end, smaller(ceiling, larger(first + longest, end)));
    return (Passage){first, last, first > floor, last < stripped(text, end, ceiling)};
}
