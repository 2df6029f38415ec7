import CMemory

/// The memory of whatever is smaller than a huge page.
public enum Heap {
    /// Whatever is at least `bytes` large is mapped by itself from here on, and goes back to the system when it is freed.
    public static func map(from bytes: Int) { cmemory_map_from(Int32(bytes)) }

    /// Runs `body`, which is about to allocate much in small pieces that stay, on huge pages. Of a restart with 100,000
    /// companies that took 0.2 s of the kernel's processor time, by turns: 0.3 GB are 75,000 faults with pages of 4 KiB.
    public static func growing<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        cmemory_begin_growth()
        defer { cmemory_end_growth() }
        return try body()
    }

    /// Gives back to the system what lies free, where that is much: between rows that stay, growing tables leave holes
    /// in which no row of the next size fits. Of ten million users that was two gigabytes. Whoever allocates meanwhile
    /// waits, so this is for rare occasions after which much is free. O(free pieces).
    public static func trim() { cmemory_trim() }
}
