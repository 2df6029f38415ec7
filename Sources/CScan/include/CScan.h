// Sixteen bytes at once: Swift's SIMD masks have no cheap "which lane is the first".
#ifndef TENURE_CSCAN_H
#define TENURE_CSCAN_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

// Bit i is set where byte i of the sixteen ends a run of plain text in a JSON string: a quote, a backslash, a control
// character or a byte outside ASCII.
static inline uint32_t cscan_string_marks(const void *bytes) {
    const __m128i text = _mm_loadu_si128((const __m128i *)bytes);
    const __m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'));
    // Signed: bytes outside ASCII are negative, and so below the first printable character as well.
    const __m128i below = _mm_cmplt_epi8(text, _mm_set1_epi8(0x20));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), below));
}

// Bit i is set where byte i of the sixteen may end a name of line protocol: a comma, an equals sign, a backslash, a space,
// a control character, DEL or a byte outside ASCII.
static inline uint32_t cscan_name_marks(const void *bytes) {
    const __m128i text = _mm_loadu_si128((const __m128i *)bytes);
    const __m128i comma = _mm_cmpeq_epi8(text, _mm_set1_epi8(','));
    const __m128i equals = _mm_cmpeq_epi8(text, _mm_set1_epi8('='));
    const __m128i backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'));
    const __m128i deletion = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7F));
    // Signed, as above.
    const __m128i below = _mm_cmplt_epi8(text, _mm_set1_epi8(0x21));
    const __m128i separator = _mm_or_si128(comma, equals);
    const __m128i rare = _mm_or_si128(backslash, deletion);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(separator, rare), below));
}
#endif

#endif
