package import UsageModel

/// Records → a block's body. Keeps its memory from block to block; allocates nothing once warm.
///
/// Each field is a column; a column is its least value and, for each byte of the distance from it, a
/// plane of one byte a record, compressed on its own: the upper planes are nearly constant, the
/// lower ones are noise, and zstd sees both at once. UUIDs do not compress and stay out of it.
package final class BlockEncoder {
    /// A block under load holds some 64 k events; this leaves room and bounds what a reader allocates.
    static let greatestRecordCount = 1 << 20
    /// Ranges of a batch are 32 bits; a decoded block must fit with its UUIDs spelled out.
    static let greatestTextByteCount = 1 << 30

    private let compressor = Compressor()
    private let text = ByteBuffer()
    private let uuids = ByteBuffer()
    private var values = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    private var plane = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    private var capacity = 1
    private var columnCount: UInt32 = 0

    package init() {}

    deinit {
        values.deallocate()
        plane.deallocate()
    }

    /// Appends the body of `batch` to `output`.
    package func encode(_ batch: RecordBatch, into output: ByteBuffer) {
        precondition(!batch.records.isEmpty && batch.records.count <= Self.greatestRecordCount, "impossible block size")
        batch.records.withUnsafeBufferPointer { records in
            batch.bytes.withUnsafeBytes { bytes in encode(records, bytes, into: output) }
        }
    }

    private func encode(
        _ records: UnsafeBufferPointer<Record>, _ bytes: UnsafeRawBufferPointer, into output: ByteBuffer
    ) {
        reserve(records.count)
        let start = output.count
        _ = output.reserve(BodyHeader.byteCount)
        output.advance(BodyHeader.byteCount)
        columnCount = 0
        writeColumns(records, varying: Varying(records), to: output)
        gatherIDsAndText(records, bytes, output)
        precondition(text.count <= Self.greatestTextByteCount, "a block's text is too long")
        let columnByteCount = output.count - start - BodyHeader.byteCount
        let storedTextByteCount = compressor.append(text.bytes, to: output)
        output.append(uuids.bytes)
        BodyHeader(
            columnCount: columnCount, columnByteCount: UInt32(columnByteCount), textByteCount: UInt32(text.count),
            storedTextByteCount: UInt32(storedTextByteCount), uuidCount: UInt32(uuids.count / UUIDText.byteCount),
            firstTime: records[0].time.milliseconds, firstProducerSeq: records[0].producerSeq
        ).patch(output, at: start)
    }

    private func reserve(_ count: Int) {
        guard count > capacity else { return }
        values.deallocate()
        plane.deallocate()
        capacity = max(count, capacity * 2)
        values = .allocate(capacity: capacity)
        plane = .allocate(capacity: capacity)
    }

    private func writeColumns(_ records: UnsafeBufferPointer<Record>, varying: Varying, to output: ByteBuffer) {
        /// A column that is the same in all records is read from the first alone.
        @inline(__always)
        func add(_ column: Column, varies: Bool, _ value: (Record) -> Int64) {
            if varies {
                // Copies of pointers, here and below: those of `self` would be read again behind each byte written.
                let values = values
                for index in 0..<records.count { values[index] = value(records[index]) }
                writeColumn(column, count: records.count, to: output)
            } else {
                writeConstant(column, value(records[0]), to: output)
            }
        }
        add(.kind, varies: varying.kind) { Int64($0.kind.rawValue) }
        add(.flags, varies: varying.flags) { Int64($0.flags.rawValue) }
        add(.company, varies: varying.company) { Int64($0.company.number) }
        add(.user, varies: varying.user) { Int64($0.user.number) }
        add(.sentUser, varies: varying.sentUser) { Int64($0.sentUser.number) - Int64($0.user.number) }
        add(.task, varies: varying.task) { Int64($0.task.number) }
        add(.unit, varies: varying.unit) { Int64($0.unit.number) }
        add(.source, varies: varying.source) { Int64($0.source.number) }
        add(.producer, varies: varying.producer) { Int64($0.producer.number) }
        var previousTime = records[0].time.milliseconds
        add(.time, varies: varying.time) { record in
            defer { previousTime = record.time.milliseconds }
            return record.time.milliseconds &- previousTime
        }
        add(.day, varies: true) { Int64($0.day.number) - Int64($0.time.utcDay.number) }
        add(.count, varies: varying.count) { Int64(bitPattern: $0.count) }
        add(.amount, varies: varying.amount) { Int64(truncatingIfNeeded: $0.amount.micros) }
        add(.amountHigh, varies: varying.amount) {
            Int64(truncatingIfNeeded: $0.amount.micros >> 64) &- (Int64(truncatingIfNeeded: $0.amount.micros) >> 63)
        }
        var previousSeq = records[0].producerSeq
        add(.producerSeq, varies: varying.producerSeq) { record in
            defer { previousSeq = record.producerSeq }
            return Int64(bitPattern: record.producerSeq &- previousSeq)
        }
    }

    /// Collects ids and payloads in record order, and writes the two columns that say how long they are.
    private func gatherIDsAndText(
        _ records: UnsafeBufferPointer<Record>, _ bytes: UnsafeRawBufferPointer, _ output: ByteBuffer
    ) {
        text.removeAll()
        uuids.removeAll()
        for (index, record) in records.enumerated() {
            var form = IDForm.none
            if !record.id.isEmpty {
                let id = bytes.slice(record.id.indices)
                if UUIDText.parse(id, to: uuids.reserve(UUIDText.byteCount)) {
                    uuids.advance(UUIDText.byteCount)
                    form = IDForm.uuid
                } else {
                    text.append(id)
                    form = IDForm.textBase + Int64(id.count)
                }
            }
            values[index] = form
            if !record.payload.isEmpty { text.append(bytes.slice(record.payload.indices)) }
        }
        writeColumn(.id, count: records.count, to: output)
        for (index, record) in records.enumerated() { values[index] = Int64(record.payload.count) }
        writeColumn(.payload, count: records.count, to: output)
    }

    private func writeConstant(_ column: Column, _ value: Int64, to output: ByteBuffer) {
        if value != 0 { writeHeader(column, width: 0, base: value, to: output) }
    }

    private func writeHeader(_ column: Column, width: Int, base: Int64, to output: ByteBuffer) {
        output.append(column.rawValue)
        output.append(UInt8(width))
        output.append(base)
        columnCount += 1
    }

    /// Writes the first `count` of `values`.
    private func writeColumn(_ column: Column, count: Int, to output: ByteBuffer) {
        let (values, plane) = (values, plane)
        var least = values[0]
        var greatest = values[0]
        for index in 0..<count {
            least = min(least, values[index])
            greatest = max(greatest, values[index])
        }
        let width = (64 - (greatest &- least).leadingZeroBitCount + 7) / 8
        if width == 0 { return writeConstant(column, least, to: output) }
        writeHeader(column, width: width, base: least, to: output)
        for position in 0..<width {
            let shift = UInt64(position * 8)
            for index in 0..<count {
                plane[index] = UInt8(truncatingIfNeeded: UInt64(bitPattern: values[index] &- least) &>> shift)
            }
            let sizeOffset = output.count
            output.append(UInt32(0))
            let raw = UnsafeRawBufferPointer(start: plane, count: count)
            var stored = count
            if count >= ColumnDirectory.leastCompressedCount {
                stored = compressor.append(raw, to: output)
            } else {
                output.append(raw)
            }
            output.patch(UInt32(stored), at: sizeOffset)
        }
    }
}

/// Which fields differ between the records of a block. One pass in place of one a column: most blocks
/// have no units, sources or producers and are all of one kind.
private struct Varying {
    var kind = false, flags = false, company = false, user = false, sentUser = false, task = false
    var unit = false, source = false, producer = false, time = false, count = false, amount = false
    var producerSeq = false

    init(_ records: UnsafeBufferPointer<Record>) {
        let first = records[0]
        var small: UInt8 = 0, smallFlags: UInt8 = 0
        var company: UInt32 = 0, user: UInt32 = 0, sentUser: UInt32 = 0, task: UInt32 = 0
        var unit: UInt32 = 0, source: UInt32 = 0, producer: UInt32 = 0
        var time: Int64 = 0, count: UInt64 = 0, amount: Int128 = 0, producerSeq: UInt64 = 0
        for index in 0..<records.count {
            small |= records[index].kind.rawValue ^ first.kind.rawValue
            smallFlags |= records[index].flags.rawValue ^ first.flags.rawValue
            company |= records[index].company.number ^ first.company.number
            user |= records[index].user.number ^ first.user.number
            sentUser |= records[index].sentUser.number ^ records[index].user.number
            task |= records[index].task.number ^ first.task.number
            unit |= records[index].unit.number ^ first.unit.number
            source |= records[index].source.number ^ first.source.number
            producer |= records[index].producer.number ^ first.producer.number
            time |= records[index].time.milliseconds ^ first.time.milliseconds
            count |= records[index].count ^ first.count
            amount |= records[index].amount.micros ^ first.amount.micros
            producerSeq |= records[index].producerSeq ^ first.producerSeq
        }
        kind = small != 0
        flags = smallFlags != 0
        self.company = company != 0
        self.user = user != 0
        // When no record differs, the distance is zero in all; else it has to be looked at.
        self.sentUser = sentUser != 0
        self.task = task != 0
        self.unit = unit != 0
        self.source = source != 0
        self.producer = producer != 0
        self.time = time != 0
        self.count = count != 0
        self.amount = amount != 0
        self.producerSeq = producerSeq != 0
    }
}
