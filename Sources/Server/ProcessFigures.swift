import Engine
import Glibc

/// What the kernel counts of this process (proc(5)), under the names that monitoring systems know from every program.
struct ProcessFigures {
    let id: Int
    var processorSeconds = 0.0
    var residentBytes = 0
    var virtualBytes = 0
    var threads = 0
    var openFiles = 0
    var openFilesLimit = 0

    private static let hertz = Double(sysconf(CInt(_SC_CLK_TCK)))
    private static let pageBytes = Int(sysconf(CInt(_SC_PAGESIZE)))

    /// Reads them. What cannot be read is 0.
    static func now() -> ProcessFigures {
        var figures = ProcessFigures(id: Int(getpid()))
        figures.read(stat: contents(of: "/proc/self/stat"))
        figures.openFiles = entryCount(of: "/proc/self/fd")
        var files = rlimit()
        if getrlimit(CInt(RLIMIT_NOFILE.rawValue), &files) == 0 {
            figures.openFilesLimit = Int(clamping: files.rlim_cur)
        }
        return figures
    }

    private init(id: Int) { self.id = id }

    /// proc_pid_stat(5). The command's name may hold anything but ends with the last parenthesis; the fields
    /// behind it are numbered from 3.
    private mutating func read(stat: String) {
        guard let end = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        func field(_ number: Int) -> Double { number - 3 < fields.count ? Double(fields[number - 3]) ?? 0 : 0 }
        processorSeconds = (field(14) + field(15)) / Self.hertz
        threads = Int(field(20))
        virtualBytes = Int(field(23))
        residentBytes = Int(field(24)) * Self.pageBytes
    }

    /// proc(5)'s files have no size: they are read until nothing comes.
    private static func contents(of path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Without `.`, `..` and the descriptor that this takes.
    private static func entryCount(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return max(count - 3, 0)
    }

    var metrics: [MetricFamily] {
        [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "Processor time of user and system.", processorSeconds),
            MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory.", residentBytes),
            MetricFamily("process_virtual_memory_bytes", .gauge, "Address space in use.", virtualBytes),
            MetricFamily("process_open_fds", .gauge, "Open file descriptors.", openFiles),
            MetricFamily("process_max_fds", .gauge, "Most file descriptors that may be open.", openFilesLimit),
            MetricFamily("process_threads", .gauge, "Threads.", threads),
        ]
    }
}
