/* Chooses the passages of a text to show: the twin of search/highlight/passages.py and windows.py, which explain
   what is chosen.

   All sums are made in the same order as there, of products that are stored before: so they are equal to the last bit,
   whether a compiler fuses multiplication and addition or not. */

#include "windows.h"

#include <string.h>

/* Layouts: the pieces of the text that may show a window */

static void skip_space(Choice *choice, Py_ssize_t *place, Py_ssize_t end) {
    while (*place < end && class_at(&choice->text, *place) & SPACE)
        ++*place;
}

/* The block around a window, and what of it no other passage shows. */
static void find_room(Choice *choice, const Window *window, Span *block, Span *room) {
    *block = *room = (Span){window->floor, larger(window->ceiling, window->end)};
    for (Py_ssize_t index = 0; index < choice->chosen_count; index++) {
        const Passage *other = &choice->chosen[index].passage;
        if (other->end <= window->start)
            room->start = larger(room->start, other->end);
        else if (other->start >= window->end)
            room->end = smaller(room->end, other->start);
    }
    skip_space(choice, &block->start, window->start);
    skip_space(choice, &room->start, window->start);
}

static void lay_out(Choice *choice, Window *window) {
    const Chooser *rules = choice->rules;
    Text *text = &choice->text;
    Span block, room;
    find_room(choice, window, &block, &room);
    double factor = window->in_heading ? rules->in_heading : 1.0;
    Py_ssize_t left = sentence_start(text, window->start, block.start);
    Py_ssize_t right = sentence_end(text, window->first_end, block.end);
    left = left < room.start ? FAR_AWAY : left;
    right = right > room.end ? FAR_AWAY : right;
    int fits = left != FAR_AWAY && right != FAR_AWAY && right - left <= rules->max_length;
    window->laid = 0;
    if (fits) {
        Passage passage = filled(text, left, right, block, room);
        window->layouts[window->laid++] = (Layout){passage, factor};
        if (passage.start < left || passage.end > right)
            window->layouts[window->laid++] = (Layout){{left, right, 0, 0}, factor};
        if (passage.end >= window->end)
            return;
    }
    Span shown = {window->start, window->end};
    factor *= fits ? rules->cut : rules->tall;
    window->layouts[window->laid++] = (Layout){torn(text, shown, block, room, left, right), factor};
}

/* The index of the first mark that begins at `place` or behind it. */
static Py_ssize_t mark_from(const Choice *choice, Py_ssize_t place) {
    Py_ssize_t low = 0, high = choice->mark_count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (choice->marks[middle].start < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Counts the marks within a passage, and puts their groups into `order`; returns how many groups there are. */
static uint32_t count_groups(Choice *choice, const Passage *passage) {
    uint32_t groups = 0;
    for (Py_ssize_t at = mark_from(choice, passage->start);
         at < choice->mark_count && choice->marks[at].start < passage->end; at++) {
        const Mark *mark = &choice->marks[at];
        if (mark->end <= passage->end && !choice->counts[mark->group]++)
            choice->order[groups++] = mark->group;
    }
    return groups;
}

static double worth_of(Choice *choice, const Passage *passage, const double *table) {
    uint32_t groups = count_groups(choice, passage), most = (uint32_t)choice->rules->counted;
    double worth = 0.0;
    for (uint32_t index = 0; index < groups; index++) {
        uint32_t group = choice->order[index], count = choice->counts[group];
        choice->counts[group] = 0;
        worth += table[group * (most + 1) + (count < most ? count : most)];
    }
    return worth;
}

/* Worth */

static void fill_tables(Choice *choice) {
    const Chooser *rules = choice->rules;
    double *shown = choice->tables[0], *named = choice->tables[1];
    for (uint32_t group = 0; group < choice->groups; group++) {
        double weight = choice->weights[group], less = weight * rules->seen;
        *shown++ = *named++ = 0.0;
        for (int count = 0; count < rules->counted; count++) {
            *shown++ = (choice->shown[group] ? less : weight) * rules->repeats[count];
            *named++ = (choice->shown[group] || choice->named[group] ? less : weight) * rules->repeats[count];
        }
    }
    choice->round++;
}

static double bound_of(Choice *choice, const Window *window) {
    int way = window->in_heading;
    Kind *kind = &choice->kinds[window->kind];
    if (kind->round[way] != choice->round) {
        const uint64_t *packed = choice->packed + window->kind * choice->words;
        const double *table = choice->tables[way];
        double worth = 0.0;
        for (uint32_t group = 0; group < choice->groups; group++, table += choice->rules->counted + 1)
            worth += table[packed[group / GROUPS_A_WORD] >> group % GROUPS_A_WORD * BITS & MAX_COUNTED];
        kind->worth[way] = worth;
        kind->round[way] = choice->round;
    }
    return way ? choice->rules->in_heading * kind->worth[way] : kind->worth[way];
}

typedef struct {
    double bound;
    Window *window;
} Ranked;

/* The windows of most worth, then by place, in order; returns how many. */
static Py_ssize_t rank(Choice *choice, Ranked *ranked) {
    Py_ssize_t count = 0;
    for (Py_ssize_t index = 0; index < choice->window_count; index++) {
        Ranked row = {bound_of(choice, &choice->windows[index]), &choice->windows[index]};
        Py_ssize_t at = count;
        while (at > 0 && ranked[at - 1].bound < row.bound)
            at--;
        if (at >= choice->rules->tried)
            continue;
        count = smaller(count + 1, choice->rules->tried);
        memmove(ranked + at + 1, ranked + at, (size_t)(count - at - 1) * sizeof *ranked);
        ranked[at] = row;
    }
    return count;
}

static int is_shown_text(const Choice *choice, const Passage *passage) {
    const Text *text = &choice->text;
    size_t length = (size_t)(passage->end - passage->start);
    for (Py_ssize_t index = 0; index < choice->chosen_count; index++) {
        const Passage *other = &choice->chosen[index].passage;
        if ((size_t)(other->end - other->start) != length)
            continue;
        if (text->narrow ? !memcmp(text->narrow + other->start, text->narrow + passage->start, length)
                         : !memcmp(text->wide + other->start, text->wide + passage->start, length * sizeof *text->wide))
            return 1;
    }
    return 0;
}

/* Whether the same characters stand at both places; every white space is the same as any other. */
static int is_alike(Text *text, Py_ssize_t one, Py_ssize_t other, Py_ssize_t length) {
    for (Py_ssize_t index = 0; index < length; index++) {
        Py_UCS4 first = code_at(text, one + index), second = code_at(text, other + index);
        if (first != second && !(class_at(text, one + index) & class_at(text, other + index) & SPACE))
            return 0;
    }
    return 1;
}

/* Whether one of the sentences of a passage stands within the other passage. */
static int has_sentence_of(Text *text, const Passage *passage, const Passage *other, Py_ssize_t least) {
    for (Py_ssize_t start = passage->start; start < passage->end;) {
        Py_ssize_t end = sentence_end(text, start, passage->end);
        end = end == FAR_AWAY ? passage->end : larger(end, start + 1);
        for (Py_ssize_t at = other->start; end - start >= least && at + end - start <= other->end; at++)
            if (is_alike(text, start, at, end - start))
                return 1;
        for (start = end; start < passage->end && class_at(text, start) & SPACE; start++)
            ;
    }
    return 0;
}

static int is_repeated(Choice *choice, const Passage *passage) {
    if (is_shown_text(choice, passage))
        return 1;
    for (Py_ssize_t index = 0; index < choice->chosen_count; index++) {
        const Passage *other = &choice->chosen[index].passage;
        Py_ssize_t least = choice->rules->least_repeated;
        if (has_sentence_of(&choice->text, passage, other, least) ||
            has_sentence_of(&choice->text, other, passage, least))
            return 1;
    }
    return 0;
}

/* The passage that is worth most; 0 if there is none. */
static int find_best(Choice *choice, Ranked *ranked, Chosen *best) {
    double most = 0.0;
    Py_ssize_t before_start = -1, before_end = -1, count = rank(choice, ranked);
    int found = 0;
    for (Py_ssize_t index = 0; index < count; index++) {
        Window *window = ranked[index].window;
        if (before_start < window->start && window->start < before_end)
            continue;
        before_start = window->start;
        before_end = window->end;
        if (found && ranked[index].bound <= most)
            break;
        if (!window->laid)
            lay_out(choice, window);
        for (int layout = 0; layout < window->laid; layout++) {
            const Layout *laid = &window->layouts[layout];
            double worth = laid->factor * worth_of(choice, &laid->passage, choice->tables[window->in_heading]);
            if (worth > most && !is_repeated(choice, &laid->passage)) {
                *best = (Chosen){laid->passage, window->in_heading};
                most = worth;
                found = 1;
            }
        }
    }
    return found;
}

static int append(Choice *choice, const Chosen *best) {
    if (choice->chosen_count == choice->chosen_room) {
        Py_ssize_t room = 2 * choice->chosen_room + 4;
        Chosen *chosen = PyMem_Realloc(choice->chosen, (size_t)room * sizeof *chosen);
        if (!chosen) {
            PyErr_NoMemory();
            return -1;
        }
        choice->chosen = chosen;
        choice->chosen_room = room;
    }
    choice->chosen[choice->chosen_count++] = *best;
    choice->headings += best->is_heading;
    return 1;
}

/* Adds a passage to those chosen: 1, or 0 if it is not worth showing, or -1 with an exception. */
static int take(Choice *choice, const Chosen *best) {
    uint32_t groups = count_groups(choice, &best->passage);
    double weightiest = 0.0, in_passages = 0.0;
    int has_news = 0;
    for (uint32_t index = 0; index < groups; index++) {
        uint32_t group = choice->order[index];
        choice->counts[group] = 0;
        has_news |= !choice->shown[group] && !(best->is_heading && choice->named[group]);
        weightiest = choice->weights[group] > weightiest ? choice->weights[group] : weightiest;
    }
    for (uint32_t group = 0; group < choice->groups; group++)
        if (choice->in_passages[group] && choice->weights[group] > in_passages)
            in_passages = choice->weights[group];
    int is_cut = best->passage.cut_start || best->passage.cut_end;
    if (!has_news && (best->is_heading || is_cut || weightiest < in_passages))
        return 0;
    for (uint32_t index = 0; index < groups; index++) {
        uint32_t group = choice->order[index];
        if (best->is_heading)
            choice->named[group] = 1;
        else
            choice->shown[group] = choice->in_passages[group] = 1;
    }
    for (uint32_t group = 0; !best->is_heading && group < choice->groups; group++)
        choice->shown[group] |= choice->titled[group];
    return append(choice, best);
}

/* Leaves out what overlaps the passage, and forgets layouts that were made without it. */
static void leave_out(Choice *choice, const Passage *passage) {
    Py_ssize_t kept = 0, far_off = 2 * choice->rules->max_sentence + choice->rules->max_length;
    for (Py_ssize_t index = 0; index < choice->window_count; index++) {
        Window *window = &choice->windows[index];
        if (passage->end > window->start && window->end > passage->start)
            continue;
        if (window->start >= passage->start - far_off && window->start < passage->end + far_off)
            window->laid = 0;
        choice->windows[kept++] = *window;
    }
    choice->window_count = kept;
}

int choose(Choice *choice, Py_ssize_t limit) {
    Ranked *ranked = PyMem_Calloc((size_t)choice->rules->tried, sizeof *ranked);
    if (!ranked) {
        PyErr_NoMemory();
        return -1;
    }
    int taken = 1;
    while (taken > 0 && choice->window_count && choice->chosen_count - choice->headings < limit) {
        Chosen best;
        fill_tables(choice);
        taken = find_best(choice, ranked, &best) ? take(choice, &best) : 0;
        if (taken > 0)
            leave_out(choice, &best.passage);
    }
    PyMem_Free(ranked);
    return taken < 0 || choice->text.failed ? -1 : 0;
}
