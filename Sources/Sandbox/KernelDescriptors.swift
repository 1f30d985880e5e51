internal import Glibc
internal import LambdaCore

/// Direct reads and writes on descriptors that came out of a sandbox.
package struct KernelDescriptors: DescriptorReader {
    /// `memory.events` is the longest file read here: six short lines.
    private static let kernelFileBytes = 4_096

    package init() {}

    package func readAvailable(_ descriptor: Int32, limit: Int) -> [UInt8] {
        // Safety: the kernel writes at most `limit` bytes, the buffer's capacity.
        unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let got = unsafe Glibc.read(descriptor, buffer.baseAddress, limit)
            count = max(0, got)
        }
    }

    package func readFile(_ descriptor: Int32) -> [UInt8] {
        // Safety: the kernel writes at most the buffer's capacity.
        unsafe [UInt8](unsafeUninitializedCapacity: Self.kernelFileBytes) { buffer, count in
            let got = unsafe Glibc.pread(descriptor, buffer.baseAddress, Self.kernelFileBytes, 0)
            count = max(0, got)
        }
    }

    package func writeFile(_ descriptor: Int32, _ text: StaticString) -> Int32 {
        while true {
            // Safety: the text is a constant of this program with as many bytes as it says.
            let written = unsafe Glibc.write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
            if written >= 0 { return 0 }
            guard errno == EINTR else { return errno }
        }
    }

    package func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
