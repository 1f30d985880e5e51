internal import Glibc
internal import LambdaCore

/// Direct reads on descriptors that came out of a sandbox.
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

    package func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
