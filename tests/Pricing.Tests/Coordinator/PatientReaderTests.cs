using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Models;
using Pricing.Quoting.V1;

namespace Pricing.Tests.Coordinator;

/// <summary>Who is late: the sender of an upload, or the platform itself.</summary>
sealed class PatientReaderTests
{
    static readonly TimeSpan Stall = TimeSpan.FromSeconds(Limits.Model.UploadStallSeconds);

    [Test]
    public async Task A_sender_who_falls_silent_is_refused_when_his_time_is_up()
    {
        var time = new ManualTime();
        using var reader = new PatientReader(new Sender(), time, CancellationToken.None);
        var next = reader.NextAsync();
        time.Advance(Stall - TimeSpan.FromTicks(1));
        Assert.That(next.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        var refusal = await Assert.ThrowsAsync<RefusalException>(() => next);
        Assert.That(refusal!.Reason, Is.EqualTo("UPLOAD_STALLED"));
        Assert.That(refusal.Actual, Is.EqualTo("10 s"));
    }

    [Test]
    public async Task Time_the_platform_takes_between_two_messages_is_not_the_senders()
    {
        var time = new ManualTime();
        var sender = new Sender();
        using var reader = new PatientReader(sender, time, CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            var next = reader.NextAsync();
            time.Advance(Stall / 2);
            sender.Send(new byte[10]);
            Assert.That(await next, Is.True);
            // The database, or the disk.
            time.Advance(10 * Stall);
        }
        sender.End();
        Assert.That(await reader.NextAsync(), Is.False);
        Assert.That(reader.Waited, Is.EqualTo(1.5 * Stall));
    }

    [Test]
    public async Task A_call_that_is_cancelled_has_not_stalled()
    {
        using var cancel = new CancellationTokenSource();
        using var reader = new PatientReader(new Sender(), new ManualTime(), cancel.Token);
        var next = reader.NextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => next);
    }

    sealed class Sender : IAsyncStreamReader<UploadModelRequest>
    {
        TaskCompletionSource<UploadModelRequest?> _next = new();

        public UploadModelRequest Current { get; private set; } = new();

        public void Send(byte[] chunk) => _next.SetResult(new UploadModelRequest { Chunk = ByteString.CopyFrom(chunk) });

        public void End() => _next.SetResult(null);

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var message = await _next.Task.WaitAsync(cancellationToken);
            _next = new();
            Current = message ?? Current;
            return message is not null;
        }
    }
}
