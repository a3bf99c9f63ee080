using System.Buffers;
using Google.Protobuf;
using Pricing.Coordinator.Models;
using Pricing.Node.V1;

namespace Pricing.Coordinator.Nodes;

/// <summary>Brings a stored model to the node that holds its job, in chunks within the job's window.</summary>
public sealed class ModelSender(StoredModels models)
{
    /// <summary>A node says that the bytes it got have another hash: is it the store's copy that is wrong?</summary>
    internal Task<bool> IsDamagedAsync(byte[] sha256, CancellationToken cancel) => models.IsDamagedAsync(sha256, cancel);

    /// <summary>Sends from the first byte to the last, no further ahead than the window. Throws <see cref="TimeoutException"/> when the node acknowledges nothing.</summary>
    internal async Task SendAsync(HeldJob held, NodeOutbox outbox)
    {
        var lease = held.Lease;
        using var file = await models.OpenAsync(lease.ModelSha256, held.Stopped);
        for (long offset = 0; offset < lease.ModelBytes;)
        {
            var window = held.Acknowledged + Limits.Wire.WindowBytes - offset;
            if (window <= 0)
            {
                if (!await held.WindowOpened.WaitAsync(TimeSpan.FromSeconds(Limits.Job.AckSeconds), held.Stopped))
                    throw new TimeoutException();
                continue;
            }
            var count = (int)Math.Min(Math.Min(Limits.Wire.ChunkBytes, window), lease.ModelBytes - offset);
            var buffer = ArrayPool<byte>.Shared.Rent(count);
            var chunk = buffer.AsMemory(0, count);
            for (var read = 0; read < count;)
            {
                var got = await file.ReadAsync(chunk[read..], offset + read, held.Stopped);
                read += got > 0 ? got : throw new IOException("The stored model is shorter than its size.");
            }
            var last = offset + count == lease.ModelBytes;
            await outbox.SendAsync(new WorkResponse
            {
                // No copy: the buffer is ours alone until the outbox has written it.
                Chunk = new Chunk { JobId = lease.JobId, Epoch = lease.Epoch, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(chunk), Last = last },
            }, held, buffer);
            offset += count;
        }
        held.AllSent = true;
    }
}
