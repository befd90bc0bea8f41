/* One choice of passages: marks, the windows over them (windows.c), and what was chosen (passages.c). */

#ifndef BACKFILE_WINDOWS_H
#define BACKFILE_WINDOWS_H

#include "passages.h"

#define BITS 3 /* for the number of marks of one group in a window */
#define GROUPS_A_WORD 21
#define MAX_COUNTED ((1 << BITS) - 1)
#define MAX_GROUP 65535 /* the highest number of a group */

typedef struct {
    Py_ssize_t start, end;
    uint32_t group; /* numbered in the order of first marks */
} Mark;

typedef struct {
    Passage passage;
    double factor;
} Layout;

typedef struct {
    Py_ssize_t start, end, first_end, floor, ceiling; /* the first mark begins at `start`; then the block around it */
    uint32_t kind;
    uint8_t in_heading, laid; /* how many layouts are known: none that is laid out has none */
    Layout layouts[3];
} Window;

/* Windows with the same number of marks of each group. `worth`: by what is shown, and by what headings show too. */
typedef struct {
    Py_ssize_t windows;
    Py_ssize_t round[2];
    double worth[2];
} Kind;

typedef struct {
    Passage passage;
    int is_heading;
} Chosen;

typedef struct {
    Chooser *rules;
    Text text;
    Mark *marks, *considered;
    Py_ssize_t mark_count, considered_count;
    uint32_t groups;
    double *weights;
    uint8_t *shown, *in_passages, *named, *titled; /* for each group */
    uint32_t *counts;                              /* scratch, for each group; all 0 between uses */
    uint32_t *order;                               /* scratch: groups in the order of their first marks */
    double *tables[2]; /* what so many marks of a group are worth, in both ways of `Kind` */
    Window *windows;
    Py_ssize_t window_count;
    Kind *kinds;
    Py_ssize_t kind_count;
    uint64_t *packed; /* of each kind, `words` each */
    size_t words;
    uint32_t *slots; /* 1 + a kind; 0 is free */
    size_t slot_mask;
    void *rooms[16]; /* the arrays above, to be freed */
    int room_count;
    Chosen *chosen;
    Py_ssize_t chosen_count, chosen_room, headings, round;
} Choice;

/* Fills `windows` and `kinds`; of one kind, at most `most`. `packed` is scratch for one kind, all 0. */
void make_windows(Choice *choice, uint64_t *packed, Py_ssize_t most);
/* Notes which windows begin in a heading, from `start` to before `end`. */
void mark_headings(Choice *choice, Py_ssize_t start, Py_ssize_t end);
/* Fills `chosen` with at most `limit` passages, and those in headings. 0, or -1 with an exception. */
int choose(Choice *choice, Py_ssize_t limit);

#endif
