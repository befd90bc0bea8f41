/* How often two words are near each other in an article, counted in the file where their positions lie.

   Most terms have one word in an article, and of most phrases two terms settle it. So these loops are what a phrase of
   common words costs. They have no branch that depends on a position, since no processor could guess it; but then each
   step waits for the one before. So longer lists are divided in two, and both halves merged side by side. */

#include "phrases.h"

#define MANY 12 /* positions of each word, from which on halves pay */

/* A merge of two lists of positions: how far it is, what it has counted. */
typedef struct {
    Py_ssize_t a, ones, b, others;
    Py_ssize_t found;
    int64_t last;       /* the position before; */
    int before, shared; /* whether it was the one word's; whether any position was both words' */
} Merge;

#define IS_OPEN(merge) ((merge).a < (merge).ones && (merge).b < (merge).others)

#define STEP_FOLLOWING(merge)                                                                                          \
    do {                                                                                                               \
        int64_t wanted = (int64_t)one[(merge).a] + ahead, there = (int64_t)other[(merge).b];                           \
        (merge).found += wanted == there;                                                                              \
        (merge).a += wanted <= there;                                                                                  \
        (merge).b += there <= wanted;                                                                                  \
    } while (0)

/* In the order of all positions, a minimal span is where one word comes after the other. */
#define STEP_NEAR(merge)                                                                                               \
    do {                                                                                                               \
        int64_t at_one = (int64_t)one[(merge).a], at_other = (int64_t)other[(merge).b];                                \
        int is_one = at_one < at_other;                                                                                \
        int64_t position = is_one ? at_one : at_other;                                                                 \
        (merge).shared |= at_one == at_other;                                                                          \
        (merge).found += (is_one != (merge).before) & (position - (merge).last < width);                               \
        (merge).last = position;                                                                                       \
        (merge).before = is_one;                                                                                       \
        (merge).a += is_one;                                                                                           \
        (merge).b += !is_one;                                                                                          \
    } while (0)

#define DEFINE_PAIRS(FIRST, FOLLOWING, NEAR, TYPE)                                                                     \
    /* The first position that is not below a bound. */                                                                \
    static Py_ssize_t FIRST(const TYPE *positions, Py_ssize_t count, int64_t bound) {                                  \
        Py_ssize_t low = 0;                                                                                            \
        while (low < count) {                                                                                          \
            Py_ssize_t middle = low + (count - low) / 2;                                                               \
            if ((int64_t)positions[middle] < bound)                                                                    \
                low = middle + 1;                                                                                      \
            else                                                                                                       \
                count = middle;                                                                                        \
        }                                                                                                              \
        return low;                                                                                                    \
    }                                                                                                                  \
                                                                                                                       \
    static Py_ssize_t FOLLOWING(const TYPE *one, Py_ssize_t ones, const TYPE *other, Py_ssize_t others,                \
                                int64_t ahead) {                                                                       \
        Merge left = {0, ones, 0, others, 0, 0, 0, 0}, right = {ones, ones, others, others, 0, 0, 0, 0};               \
        if (ones >= MANY && others >= MANY) {                                                                          \
            left.others = right.b = others / 2;                                                                        \
            left.ones = right.a = FIRST(one, ones, (int64_t)other[right.b] - ahead);                                   \
            while (IS_OPEN(left) && IS_OPEN(right)) {                                                                  \
                STEP_FOLLOWING(left);                                                                                  \
                STEP_FOLLOWING(right);                                                                                 \
            }                                                                                                          \
            while (IS_OPEN(right))                                                                                     \
                STEP_FOLLOWING(right);                                                                                 \
        }                                                                                                              \
        while (IS_OPEN(left))                                                                                          \
            STEP_FOLLOWING(left);                                                                                      \
        return left.found + right.found;                                                                               \
    }                                                                                                                  \
                                                                                                                       \
    static Py_ssize_t NEAR(const TYPE *one, Py_ssize_t ones, const TYPE *other, Py_ssize_t others, int64_t width) {    \
        Merge left = {0, ones, 0, others, 0, -width, 0, 0}, right = {ones, ones, others, others, 0, -width, 0, 0};     \
        if (ones >= MANY && others >= MANY) {                                                                          \
            Py_ssize_t middle = left.others = right.b = others / 2;                                                    \
            Py_ssize_t first = left.ones = right.a = FIRST(one, ones, (int64_t)other[middle]);                         \
            /* the right half begins with the other word; does the left one end with the one word? */                  \
            right.found = first && one[first - 1] > other[middle - 1] && other[middle] - one[first - 1] < width;       \
            while (IS_OPEN(left) && IS_OPEN(right)) {                                                                  \
                STEP_NEAR(left);                                                                                       \
                STEP_NEAR(right);                                                                                      \
            }                                                                                                          \
            while (IS_OPEN(right))                                                                                     \
                STEP_NEAR(right);                                                                                      \
            if (right.a < right.ones)                                                                                  \
                right.found += (int64_t)one[right.a] - right.last < width;                                             \
            else if (right.b < right.others)                                                                           \
                right.found += (int64_t)other[right.b] - right.last < width;                                           \
        }                                                                                                              \
        while (IS_OPEN(left))                                                                                          \
            STEP_NEAR(left);                                                                                           \
        if (left.a < left.ones)                                                                                        \
            left.found += (int64_t)one[left.a] - left.last < width;                                                    \
        else if (left.b < left.others)                                                                                 \
            left.found += (int64_t)other[left.b] - left.last < width;                                                  \
        return left.shared | right.shared ? -1 : left.found + right.found;                                             \
    }

DEFINE_PAIRS(first_short, following_shorts, near_shorts, uint16_t)
DEFINE_PAIRS(first_long, following_longs, near_longs, uint32_t)

Py_ssize_t count_following(const Field *field, const Part *one, const Part *other, int64_t ahead) {
    Py_ssize_t ones = (Py_ssize_t)one->only_count, others = (Py_ssize_t)other->only_count;
    if (field->positions.width == 2)
        return following_shorts(one->only_positions, ones, other->only_positions, others, ahead);
    if (field->positions.width == 4)
        return following_longs(one->only_positions, ones, other->only_positions, others, ahead);
    return -1;
}

Py_ssize_t count_near(const Field *field, const Part *one, const Part *other, int64_t width) {
    Py_ssize_t ones = (Py_ssize_t)one->only_count, others = (Py_ssize_t)other->only_count;
    if (field->positions.width == 2)
        return near_shorts(one->only_positions, ones, other->only_positions, others, width);
    if (field->positions.width == 4)
        return near_longs(one->only_positions, ones, other->only_positions, others, width);
    return -1;
}
