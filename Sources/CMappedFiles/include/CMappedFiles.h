// What becomes of a program when a page of a file that it has mapped cannot be read.
#ifndef TENURE_CMAPPED_FILES_H
#define TENURE_CMAPPED_FILES_H

// From here on such a read ends the program with `exit_code`, and `beginning`, the file, the byte and `ending` are a
// line on the standard error. The kernel tells of it with a signal (SIGBUS), which would else end the program without a
// word: a disk that fails beneath a mapping, or a file that somebody has cut short.
//
// To be called once; both texts are copied.
void cmapped_end_on_faults(const char *beginning, const char *ending, int exit_code);

#endif
