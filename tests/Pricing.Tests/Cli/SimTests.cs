using NUnit.Framework;
using Pricing.Cli;

namespace Pricing.Tests.Cli;

/// <summary><c>pricing sim</c> as a person calls it.</summary>
[TestFixture]
public sealed class SimTests
{
    [Test]
    public async Task Good_seeds_end_well_and_say_what_they_went_through()
    {
        var said = await Spoken.By("sim", "--seeds", "20");
        Assert.That(said.ExitCode, Is.EqualTo(ExitCode.Ok), said.Out);
        Assert.That(said.Out, Does.Contain("20 seeds from 1").And.Contains("faults: ").And.Contains("every promise held"));
    }

    [Test]
    public async Task A_bad_seed_is_named_with_its_promise_its_events_and_how_to_see_it_again()
    {
        var said = await Spoken.By("sim", "--bug", "AckBeforeCommit");
        Assert.That(said.ExitCode, Is.EqualTo(ExitCode.NotFirm), said.Out);
        Assert.That(said.Out, Does.Match(@"seed \d+ broke I1: quote \d+ was accepted and is not stored"));
        Assert.That(said.Out, Does.Match(@"again: pricing sim --from \d+ --seeds 1 --bug AckBeforeCommit --trace"));
    }

    [TestCase("--seeds", "0", "VALUE_OUT_OF_RANGE")]
    [TestCase("--bug", "NoSuchBug", "AckBeforeCommit")]
    [TestCase("--bug", "3", "UNKNOWN_BUG")]
    public async Task What_means_nothing_is_refused_with_what_would_do(string option, string value, string hint)
    {
        var said = await Spoken.By("sim", option, value);
        Assert.That(said.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(said.Error, Does.Contain(hint));
    }
}
