/// Finds what somebody probably meant.
public enum Suggestion {
    /// `did you mean "idle_days"?`, or nil when no candidate is near enough.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        nearestName(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
    }

    /// The candidate with the least edit distance, the first of several; nil when even that one
    /// differs in more than a third of its letters.
    static func nearestName(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(longestWord))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            // Most are too long or too short, which costs nothing to see.
            let count = candidate.utf8.count
            let allowed = max(1, min(mostEdits, max(letters.count, count) / 3))
            guard count <= longestWord, abs(count - letters.count) <= allowed else { continue }
            let distance = editDistance(letters, Array(candidate.lowercased().utf8))
            guard distance <= allowed, distance < (best?.distance ?? .max) else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// More are no typing error.
    private static let mostEdits = 3

    /// Longer words are names of tasks pasted in the wrong place, not typing errors; the distance
    /// costs the product of the lengths.
    private static let longestWord = 64

    /// Insertions, deletions, replacements and swaps of neighbours that lead from `left` to `right`.
    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [Int](repeating: row, count: right.count + 1)
            for column in 1...right.count {
                let replaced = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var least = min(replaced, last[column] + 1, current[column - 1] + 1)
                let swapped =
                    row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]
                if swapped { least = min(least, beforeLast[column - 2] + 1) }
                current[column] = least
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
