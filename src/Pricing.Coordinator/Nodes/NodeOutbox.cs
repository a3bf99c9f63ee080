using System.Buffers;
using System.Threading.Channels;
using Grpc.Core;
using Pricing.Coordinator.Jobs;
using Pricing.Node.V1;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// The one writer of a node's stream. Control messages overtake chunks; messages of a stopped job are dropped on the way. Both queues are
/// bounded: chunk senders wait, and a node that cannot even take control messages is lost.
/// </summary>
#pragma warning disable CA1001 // Senders may ring the bell after the end; it holds no handle.
sealed class NodeOutbox(IServerStreamWriter<WorkResponse> stream, TimeProvider time)
#pragma warning restore CA1001
{
    static readonly TimeSpan WriteMax = TimeSpan.FromSeconds(Limits.Job.NodeWriteSeconds);

    readonly Channel<WorkResponse> _control = Channel.CreateBounded<WorkResponse>(Limits.Wire.StreamWriterQueueMax);
    readonly Channel<Outgoing> _data = Channel.CreateBounded<Outgoing>(Limits.Wire.StreamWriterQueueMax);
    readonly Wakeup _bell = new();

    /// <summary>False when the node takes nothing any more.</summary>
    public bool TrySendControl(WorkResponse message)
    {
        var taken = _control.Writer.TryWrite(message);
        _bell.Ring();
        return taken;
    }

    /// <summary>Waits for room. A rented buffer goes back to the pool once the message is on the wire.</summary>
    public async ValueTask SendAsync(WorkResponse message, HeldJob job, byte[]? buffer)
    {
        await _data.Writer.WriteAsync(new Outgoing(message, job, buffer), job.Stopped);
        _bell.Ring();
    }

    /// <summary>No more messages; the run ends once the queued ones are written.</summary>
    public void Complete()
    {
        _control.Writer.TryComplete();
        _data.Writer.TryComplete();
        _bell.Ring();
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!_data.Reader.Completion.IsCompleted || !_control.Reader.Completion.IsCompleted)
        {
            if (_control.Reader.TryRead(out var first))
                await WriteAsync(first, cancel);
            else if (_data.Reader.TryRead(out var next))
                await WriteAsync(next, cancel);
            else
                await _bell.WaitAsync(WriteMax, cancel);
        }
    }

    async Task WriteAsync(Outgoing next, CancellationToken cancel)
    {
        if (!next.Job.Stopped.IsCancellationRequested)
            await WriteAsync(next.Message, cancel);
        // The message is serialised into the connection's own buffer by now; nobody else has seen ours.
        if (next.Buffer is not null)
            ArrayPool<byte>.Shared.Return(next.Buffer);
    }

    async Task WriteAsync(WorkResponse message, CancellationToken cancel)
    {
        var write = stream.WriteAsync(message, cancel);
        if (!write.IsCompletedSuccessfully)
            await write.WaitAsync(WriteMax, time, cancel);
    }

    readonly record struct Outgoing(WorkResponse Message, HeldJob Job, byte[]? Buffer);
}
