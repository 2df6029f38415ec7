import CMappedFiles
import Glibc

/// The files that are read by way of memory: the log's, and tables of duplicates in checkpoints.
public enum MappedFiles {
    /// From here on a page of such a file that cannot be read, since its disk fails or somebody has cut it short, ends the
    /// program with a line on the standard error that names the file and the byte. There is no other answer to that: the
    /// kernel tells of it amid whatever reads, and without this the program would end with a signal and no word.
    ///
    /// - Parameter beginning: of that line, before the file's path.
    public static func endOnFaults(beginning: String, exitCode: Int32) {
        let ending =
            ": it cannot be read here, or was cut short; \(Remedy.ofSystemError(EIO)); should it stay so, restore a "
            + "`data.mdb` from a backup, or remove a checkpoint's file (ten digits), which a start makes anew from the log"
        cmapped_end_on_faults(beginning, ending, exitCode)
    }
}
