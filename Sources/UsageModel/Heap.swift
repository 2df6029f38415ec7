import CMemory

/// The memory of whatever is smaller than a huge page.
public enum Heap {
    /// Gives back to the system what lies free, where that is much: between rows that stay, growing tables leave holes
    /// in which no row of the next size fits. Of ten million users that was two gigabytes. Whoever allocates meanwhile
    /// waits, so what lies free is counted where the heap has grown, and else once a minute. O(free pieces).
    public static func trim() { cmemory_trim() }
}
