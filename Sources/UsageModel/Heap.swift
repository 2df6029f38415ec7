import CMemory

/// The memory of whatever is smaller than a huge page.
public enum Heap {
    /// Gives back to the system what lies free, where that is much: between rows that stay, growing tables leave holes
    /// in which no row of the next size fits. Of ten million users that was two gigabytes. Whoever allocates meanwhile
    /// waits, so this is for rare occasions after which much is free. O(free pieces).
    public static func trim() { cmemory_trim() }
}
