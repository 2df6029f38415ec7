import CLMDB
import Glibc

extension Environment {
    /// Takes the pages that were read of some environments out of this process's tables. They stay in the page cache, and
    /// whoever reads one again has it entered anew.
    ///
    /// A page that is read is entered with fifteen neighbours, and stays: parts of a log as large as the disk would count as
    /// this process's memory for good. O(maps of the process).
    public static func leavePages(of environments: [Environment]) {
        for map in maps(of: Set(environments.compactMap(\.inode))) {
            // Nothing of a shared map of a file is lost. An error changes nothing, which is nothing to tell of.
            _ = madvise(map.start, map.byteCount, MADV_DONTNEED)
        }
    }

    /// Of the data file.
    private var inode: ino_t? {
        var file: mdb_filehandle_t = -1
        var status = stat()
        guard mdb_env_get_fd(handle, &file) == MDB_SUCCESS, fstat(file, &status) == 0 else { return nil }
        return status.st_ino
    }

    /// Where files are mapped: LMDB does not tell. proc(5): "address perms offset dev inode pathname".
    private static func maps(of inodes: Set<ino_t>) -> [(start: UnsafeMutableRawPointer?, byteCount: Int)] {
        guard let file = fopen("/proc/self/maps", "re") else { return [] }
        defer { fclose(file) }
        var found: [(start: UnsafeMutableRawPointer?, byteCount: Int)] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0, let text = line {
            // Of some thousand maps that a large state has, these are few.
            guard strstr(text, DataFile.name) != nil else { continue }
            // The path may have blanks.
            let fields = String(cString: text).split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1].hasSuffix("s"), let inode = ino_t(fields[4]), inodes.contains(inode),
                fields[5].hasSuffix("/\(DataFile.name)\n")
            else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            found.append((UnsafeMutableRawPointer(bitPattern: bounds[0]), Int(bounds[1] - bounds[0])))
        }
        return found
    }
}
