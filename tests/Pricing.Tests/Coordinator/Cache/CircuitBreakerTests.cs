using NUnit.Framework;
using Pricing.Coordinator;

namespace Pricing.Tests.Coordinator.Cache;

[TestFixture]
public sealed class CircuitBreakerTests
{
    const int FailuresMax = 3;
    const int OpenMs = 1000;

    readonly ManualTime _time = new();
    CircuitBreaker _breaker = null!;

    [SetUp]
    public void Make() => _breaker = new CircuitBreaker(_time, FailuresMax, OpenMs);

    [Test]
    public void It_opens_after_so_many_failures_in_a_row()
    {
        _breaker.Failed();
        _breaker.Failed();
        _breaker.Succeeded();
        _breaker.Failed();
        Assert.That(_breaker.Failed(), Is.EqualTo(BreakerMove.None));
        Assert.That(_breaker.TryEnter(), Is.True);
        Assert.That(_breaker.Failed(), Is.EqualTo(BreakerMove.Opened));
        Assert.That((_breaker.IsOpen, _breaker.TryEnter()), Is.EqualTo((true, false)));
    }

    [Test]
    public void One_probe_at_a_time_closes_it_or_keeps_it_open()
    {
        Open();
        _time.Advance(TimeSpan.FromMilliseconds(OpenMs));
        Assert.That((_breaker.TryEnter(), _breaker.TryEnter()), Is.EqualTo((true, false)), "one probe");
        Assert.That(_breaker.Failed(), Is.EqualTo(BreakerMove.ProbeFailed));
        Assert.That((_breaker.TryEnter(), _breaker.FailedProbes), Is.EqualTo((false, 1)), "the wait starts anew");
        _time.Advance(TimeSpan.FromMilliseconds(OpenMs));
        Assert.That(_breaker.TryEnter(), Is.True);
        Assert.That(_breaker.Succeeded(), Is.True);
        Assert.That((_breaker.IsOpen, _breaker.TryEnter(), _breaker.FailedProbes), Is.EqualTo((false, true, 0)));
    }

    [Test]
    public void Whoever_was_under_way_when_it_opened_changes_nothing()
    {
        Open();
        Assert.That(_breaker.Succeeded(), Is.False);
        Assert.That(_breaker.Failed(), Is.EqualTo(BreakerMove.None));
        Assert.That((_breaker.IsOpen, _breaker.FailedProbes), Is.EqualTo((true, 0)));
    }

    void Open()
    {
        for (var i = 0; i < FailuresMax; i++)
            _breaker.Failed();
    }
}
