using System.Collections.Concurrent;
using NUnit.Framework;
using Pricing.Cli.Load;

namespace Pricing.Tests.Cli.Load;

/// <summary>The schedule is the clock's, whatever the server does; the clock is the test's.</summary>
[TestFixture]
public sealed class OpenLoopTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly ManualTime _time = new();

    [Test, CancelAfter(120_000)]
    public async Task A_server_that_stalls_changes_nothing_about_the_schedule_and_pays_for_the_wait(CancellationToken cancel)
    {
        var server = new HeldServer();
        var tally = new LoadTally([LoadKind.KnownPrice]);
        var loop = Loop(10, TimeSpan.FromSeconds(2), 1_000, tally, server);

        // Nothing is answered for two seconds, and still all twenty are sent, each when it is due.
        for (var tenth = 0; tenth < 20; tenth++)
        {
            loop.SendDue(cancel);
            Assert.That(tally.InFlight, Is.EqualTo(tenth + 1));
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
        loop.SendDue(cancel);
        Assert.That(loop.IsOver);
        _time.Advance(TimeSpan.FromSeconds(1));
        await server.AnswerAsync(20, null);
        await UntilAsync(() => tally.InFlight == 0);

        var row = tally.Rows().Single();
        Assert.That((row.Sent, row.Ok, row.NotSent, row.Unanswered), Is.EqualTo((20L, 20L, 0L, 0L)));
        // Due at 0, 0.1, … 1.9 s; answered at 3 s: from 1.1 to 3 s each, not the same few milliseconds.
        Assert.That(row.Times.HighestNs / 1e9, Is.EqualTo(3).Within(0.05));
        Assert.That(row.Times.PercentileNs(50) / 1e9, Is.EqualTo(2.0).Within(0.1));
        Assert.That(row.Times.PercentileNs(1) / 1e9, Is.EqualTo(1.1).Within(0.05));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_generator_that_wakes_late_sends_what_was_due_and_counts_from_then(CancellationToken cancel)
    {
        var server = new HeldServer();
        var tally = new LoadTally([LoadKind.KnownPrice]);
        var loop = Loop(10, TimeSpan.FromSeconds(1), 1_000, tally, server);
        _time.Advance(TimeSpan.FromSeconds(5));
        loop.SendDue(cancel);
        await server.AnswerAsync(10, null);
        await UntilAsync(() => tally.InFlight == 0);
        Assert.That(tally.Rows().Single().Times.PercentileNs(1) / 1e9, Is.EqualTo(4.1).Within(0.1), "the last one was due at 0.9 s");
    }

    [Test, CancelAfter(120_000)]
    public async Task Refusals_are_counted_by_reason_and_not_among_the_times(CancellationToken cancel)
    {
        var server = new HeldServer();
        var tally = new LoadTally([LoadKind.New, LoadKind.KnownModel]);
        var loop = Loop(1_000, TimeSpan.FromMilliseconds(6), 1_000, tally, server, "new=1,known-model=1");
        _time.Advance(TimeSpan.FromSeconds(1));
        loop.SendDue(cancel);
        await server.AnswerAsync(3, "QUEUE_FULL");
        await server.AnswerAsync(1, "DEADLINE");
        await server.AnswerAsync(2, null);
        await UntilAsync(() => tally.InFlight == 0);

        var all = tally.Rows()[^1];
        Assert.That((all.Kind, all.Sent, all.Ok, all.Refused, all.Times.Count), Is.EqualTo(("all", 6L, 2L, 4L, 2L)));
        Assert.That(tally.Rows().Select(r => r.Sent), Is.EqualTo(new[] { 3L, 3L, 6L }));
        Assert.That(tally.Reasons().Select(r => (r.Key, r.Value)), Is.EqualTo(new[] { ("QUEUE_FULL", 3L), ("DEADLINE", 1L) }));
        var second = tally.TakeSecond();
        Assert.That((second.Sent, second.Ok, second.Refused), Is.EqualTo((6L, 2L, 4L)));
        Assert.That(tally.TakeSecond().Sent, Is.Zero);
    }

    [Test, CancelAfter(120_000)]
    public async Task What_is_due_above_the_bound_in_flight_is_counted_and_never_sent_later(CancellationToken cancel)
    {
        var server = new HeldServer();
        var tally = new LoadTally([LoadKind.KnownPrice]);
        var loop = Loop(10, TimeSpan.FromSeconds(1), 3, tally, server);
        _time.Advance(TimeSpan.FromMilliseconds(550));
        loop.SendDue(cancel);
        Assert.That(tally.InFlight, Is.EqualTo(3));
        await server.AnswerAsync(3, null);
        await UntilAsync(() => tally.InFlight == 0);
        _time.Advance(TimeSpan.FromMilliseconds(450));
        loop.SendDue(cancel);
        await server.AnswerAsync(3, null);
        await UntilAsync(() => tally.InFlight == 0);
        var row = tally.Rows().Single();
        Assert.That((row.Sent, row.NotSent, row.Ok), Is.EqualTo((6L, 4L, 6L)));
    }

    [Test, CancelAfter(120_000)]
    public async Task It_waits_for_the_last_answers_but_no_longer_than_its_patience(CancellationToken cancel)
    {
        var server = new HeldServer();
        var tally = new LoadTally([LoadKind.KnownPrice]);
        var run = Loop(10, TimeSpan.FromMilliseconds(100), 10, tally, server).RunAsync(TimeSpan.FromSeconds(5), cancel);
        await server.AskedAsync();
        Assert.That(run.IsCompleted, Is.False);
        await _time.TimerSetAsync(TimeSpan.FromSeconds(5)).WaitAsync(Patience, cancel);
        _time.Advance(TimeSpan.FromSeconds(5));
        await run.WaitAsync(Patience, cancel);
        Assert.That(tally.Rows().Single().Unanswered, Is.EqualTo(1));
    }

    [TestCase("new=1,known-model=1,known-price=2", "new known-model known-price known-price", 1)]
    [TestCase("known-price=1", "known-price known-price", 1)]
    [TestCase("new=0,known-price=3", "known-price known-price", 1)]
    public void The_mix_comes_in_its_shares_and_always_alike(string text, string kinds, int rounds)
    {
        var expected = kinds.Split(' ');
        var mix = LoadMix.Parse(text)!;
        var first = mix.InOrder().Take(expected.Length * rounds).Select(LoadMix.NameOf).ToList();
        Assert.That(first, Is.EquivalentTo(expected));
        Assert.That(mix.InOrder().Take(expected.Length * rounds).Select(LoadMix.NameOf), Is.EqualTo(first));
    }

    [TestCase("")]
    [TestCase("new")]
    [TestCase("new=0")]
    [TestCase("new=-1")]
    [TestCase("new=1,new=2")]
    [TestCase("old=1")]
    [TestCase("new=1e400")]
    public void A_mix_that_is_none_is_refused(string text) => Assert.That(LoadMix.Parse(text), Is.Null);

    OpenLoop Loop(double rate, TimeSpan length, int inFlight, LoadTally tally, HeldServer server, string mix = "known-price=1") =>
        new(rate, length, inFlight, LoadMix.Parse(mix)!, tally, server.SendAsync, _time);

    static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
            await Task.Yield();
    }

    /// <summary>Answers when the test says so.</summary>
    sealed class HeldServer
    {
        readonly ConcurrentQueue<TaskCompletionSource<string?>> _waiting = new();
        readonly SemaphoreSlim _asked = new(0);

        public Task<string?> SendAsync(LoadKind kind, long number, CancellationToken cancellation)
        {
            var answer = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(answer);
            _asked.Release();
            return answer.Task;
        }

        public async Task AskedAsync() => Assert.That(await _asked.WaitAsync(Patience));

        public async Task AnswerAsync(int count, string? refusal)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.That(await _asked.WaitAsync(Patience), "a request came");
                Assert.That(_waiting.TryDequeue(out var answer));
                answer!.SetResult(refusal);
            }
        }
    }
}
