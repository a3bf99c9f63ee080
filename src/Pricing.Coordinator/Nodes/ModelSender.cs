using System.Buffers;
using System.Collections.Concurrent;
using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Node.V1;

namespace Pricing.Coordinator.Nodes;

/// <summary>Brings a model to the node that holds its job, in chunks within the job's window: from the store, from an upload under way, or not at all when the node has it.</summary>
public sealed class ModelSender(StoredModels models, NpgsqlDataSource source)
{
    readonly ConcurrentDictionary<long, AlongReader> _along = new();

    /// <summary>This job's bytes come from an upload under way. Call before the job is assigned.</summary>
    internal void ReadAlong(long jobId, AlongReader upload) => _along[jobId] = upload;

    /// <summary>Cancels a job that no quote waits for. False: somebody does, or it has ended.</summary>
    internal async Task<bool> WithdrawAsync(long jobId)
    {
        if (_along.TryRemove(jobId, out var unread))
            unread.Dispose();
        return await source.InTransactionAsync(transaction => JobStore.CancelIfUnwantedAsync(transaction, jobId, CancellationToken.None), CancellationToken.None);
    }

    /// <summary>A node says that the bytes it got have another hash: is it the store's copy that is wrong?</summary>
    internal Task<bool> IsDamagedAsync(byte[] sha256, CancellationToken cancel) => models.IsDamagedAsync(sha256, cancel);

    /// <summary>Sends from the first byte to the last, no further ahead than the window. Throws <see cref="TimeoutException"/> when the node acknowledges nothing.</summary>
    internal async Task SendAsync(HeldJob held, NodeOutbox outbox)
    {
        var lease = held.Lease;
        if (_along.TryRemove(lease.JobId, out var along))
        {
            await SendAlongAsync(held, along, outbox);
            return;
        }
        if (held.IsModelExpected && await HasItAllAsync(held))
            return;
        using var stored = await models.OpenAsync(lease.ModelSha256, held.Stopped);
        await SendAsync(held, stored, outbox);
    }

    /// <summary>An upload that stops must not leave a job behind that nobody waits for and nobody can do.</summary>
    async Task SendAlongAsync(HeldJob held, AlongReader along, NodeOutbox outbox)
    {
        try
        {
            using (along)
                await SendAsync(held, along, outbox);
        }
        catch (ModelStoreUnavailableException)
        {
            await WithdrawAsync(held.Lease.JobId);
            throw;
        }
    }

    /// <summary>The node answers the assignment with what it has.</summary>
    static async Task<bool> HasItAllAsync(HeldJob held)
    {
        while (!held.Answered)
        {
            if (!await held.WindowOpened.WaitAsync(TimeSpan.FromSeconds(Limits.Job.AckSeconds), held.Stopped) && !held.Answered)
                throw new TimeoutException();
        }
        return held.AllSent = held.Acknowledged == held.Lease.ModelBytes;
    }

    static async Task SendAsync(HeldJob held, IModelReader file, NodeOutbox outbox)
    {
        var lease = held.Lease;
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
