using NUnit.Framework;
using Pricing.Cli.Chaos;

namespace Pricing.Tests.Cli.Chaos;

/// <summary>The checker finds each planted lie, names it, and finds nothing in a history without one.</summary>
[TestFixture]
sealed class HistoryCheckerTests
{
    [Test]
    public void A_history_without_a_lie_is_right()
        => Assert.That(new Story().Check(), Is.Empty);

    static IEnumerable<TestCaseData> Lies()
    {
        yield return Lie("An_accepted_quote_that_is_not_there", Rule.Lost, s => s.Quotes.RemoveAll(q => q.Name == Story.Cancelled));
        yield return Lie("An_accepted_quote_that_never_ended", Rule.Lost, s =>
        {
            s.Events.RemoveAll(e => e.Op == "watch");
            s.Replace(Story.Quote, q => q with { State = "measuring", Prices = null });
        });
        yield return Lie("A_quote_nobody_heard_of_that_never_ended", Rule.Lost, s => s.Replace(Story.Unheard, q => q with { State = "measuring", Prices = null }));
        yield return Lie("A_job_that_never_ended", Rule.Lost, s => s.Jobs.Add(new StoredJob(2, Story.Model, "leased", 1, 1)));

        yield return Lie("Two_quotes_for_one_request", Rule.AppliedTwice, s => s.Quotes.Add(s.Quotes[2] with { Name = "partners/ada/quotes/4" }));
        yield return Lie("Two_answers_to_one_job", Rule.AppliedTwice, s => s.Attempts[0] = s.Attempts[0] with { Outcome = "completed" });
        yield return Lie("An_answer_under_a_dead_epoch", Rule.AppliedTwice, s =>
        {
            s.Attempts[0] = s.Attempts[0] with { Outcome = "completed" };
            s.Attempts[1] = s.Attempts[1] with { Outcome = "expired" };
        });
        yield return Lie("Two_measurements_of_one_key", Rule.AppliedTwice, s => s.Measurements.Add(s.Measurements[0] with { JobId = 2 }));
        yield return Lie("Two_measurements_by_one_job", Rule.AppliedTwice, s => s.Measurements.Add(s.Measurements[0] with { Options = "other" }));
        yield return Lie("A_job_completed_by_nobody", Rule.FalseOk, s => s.Attempts[1] = s.Attempts[1] with { Outcome = "lost" });

        yield return Lie("Two_replies_to_one_request", Rule.RepliesDiffer, s => s.Say("create", "r-1", CallEnd.Ok, Story.Asked with { Quote = Story.Unheard, State = "priced", Prices = Story.Prices, PriceList = Story.PriceList }));
        yield return Lie("A_reply_that_names_another_requests_quote", Rule.RepliesDiffer, s => s.Say("create", "r-3", CallEnd.Ok, Story.Asked with { Quote = Story.Quote, State = "measuring" }));

        yield return Lie("An_end_the_database_does_not_know", Rule.FalseOk, s => s.Replace(Story.Quote, q => q with { State = "failed", Prices = null, Failure = "DEADLINE" }));
        yield return Lie("A_failure_that_changed_its_reason", Rule.FalseOk, s =>
        {
            s.Say("get", Story.Cancelled, CallEnd.Ok, new CallFacts { Partner = "ada", Quote = Story.Cancelled, State = "failed", Failure = "DEADLINE" });
            s.Replace(Story.Cancelled, q => q with { State = "failed", Failure = "ATTEMPTS_EXHAUSTED" });
            s.Events.RemoveAll(e => e.Op == "cancel");
        });
        yield return Lie("A_cancel_that_cancelled_nothing", Rule.FalseOk, s => s.Replace(Story.Cancelled, q => q with { State = "priced", Prices = Story.Prices }));
        yield return Lie("A_cancel_answered_with_a_live_quote", Rule.FalseOk, s => s.Say("cancel", Story.Cancelled, CallEnd.Ok, new CallFacts { Quote = Story.Cancelled, State = "measuring" }));
        yield return Lie("A_watch_that_ended_early", Rule.FalseOk, s => s.Say("watch", Story.Quote, CallEnd.Ok, new CallFacts { Quote = Story.Quote, State = "measuring" }));
        yield return Lie("A_watch_with_another_end_than_the_database", Rule.FalseOk, s => s.Say("watch", Story.Unheard, CallEnd.Ok, new CallFacts { Quote = Story.Unheard, State = "cancelled" }));
        yield return Lie("An_upload_that_stored_nothing", Rule.FalseOk, s => s.Models.Clear());
        yield return Lie("A_model_whose_bytes_are_damaged", Rule.FalseOk, s => s.DamagedModels.Add(Story.Model));
        yield return Lie("An_OK_where_a_refusal_was_due", Rule.FalseOk, s => s.Say("get", Story.Quote, CallEnd.Ok, new CallFacts { Partner = "bela", Quote = Story.Quote, State = "priced", Prices = Story.Prices, Expected = ["QUOTE_NOT_FOUND"], MustFail = true }));

        yield return Lie("A_preview_with_another_price", Rule.PricesDiffer, s => s.Say("preview", Story.Question, CallEnd.Ok, Story.Asked with { Prices = "p-2", PriceList = Story.PriceList }));
        yield return Lie("A_stored_quote_with_another_price", Rule.PricesDiffer, s => s.Replace(Story.Unheard, q => q with { Prices = "p-2" }));
        yield return Lie("A_price_that_is_not_what_we_work_out", Rule.PricesDiffer, s => s.Truth[Story.Question] = "p-0");

        yield return Lie("A_refusal_without_a_reason", Rule.BadRefusal, s => s.Say("create", "r-1", CallEnd.Fail, Story.Asked with { Status = "Unknown", Reason = "INTERNAL", HasDetails = false }));
        yield return Lie("A_good_call_refused_for_good", Rule.BadRefusal, s => s.Say("create", "r-1", CallEnd.Fail, Story.Asked with { Status = "Internal", Reason = "INTERNAL", HasDetails = true }));
        yield return Lie("An_accepted_quote_that_is_not_found", Rule.BadRefusal, s => s.Say("get", Story.Quote, CallEnd.Fail, new CallFacts { Quote = Story.Quote, Status = "NotFound", Reason = "QUOTE_NOT_FOUND", HasDetails = true }));
        yield return Lie("A_refusal_for_the_wrong_reason", Rule.BadRefusal, s => s.Say("create", "r-4", CallEnd.Fail, Story.Asked with { Status = "InvalidArgument", Reason = "TEXT_INVALID", HasDetails = true, Expected = ["UNKNOWN_MATERIAL"], MustFail = true }));
        yield return Lie("An_overload_that_does_not_say_when_to_come_back", Rule.BadRefusal, s => s.Say("create", "r-1", CallEnd.Info, Story.Asked with { Status = "ResourceExhausted", Reason = "TOO_BUSY", HasDetails = true, HasRetryInfo = false }));

        yield return Lie("A_quote_nobody_asked_for", Rule.Unasked, s => s.Quotes.Add(new StoredQuote("partners/ada/quotes/9", "ada", "r-9", Story.Model, Story.Question, "priced", Story.PriceList, Story.Prices, null, null)));
        yield return Lie("A_quote_stored_for_a_refused_request", Rule.Unasked, s => s.Quotes.Add(new StoredQuote("partners/ada/quotes/9", "ada", "r-4", Story.Model, Story.Question, "priced", Story.PriceList, Story.Prices, null, null)));
    }

    [TestCaseSource(nameof(Lies))]
    public void A_planted_lie_is_found(Rule rule, Action<Story> plant)
    {
        var story = new Story();
        plant(story);
        Assert.That(story.Check().Select(finding => finding.Rule), Has.Member(rule));
    }

    [Test]
    public void A_call_of_unknown_outcome_may_have_happened_or_not()
    {
        var story = new Story();
        story.Say("create", "r-5", CallEnd.Info, Story.Asked);
        Assert.That(story.Check(), Is.Empty, "not there: it did not happen");
        story.Quotes.Add(new StoredQuote("partners/ada/quotes/5", "ada", "r-5", Story.Model, Story.Question, "priced", Story.PriceList, Story.Prices, null, null));
        Assert.That(story.Check(), Is.Empty, "there: it happened");
    }

    [Test]
    public void A_new_price_list_may_bring_new_prices()
    {
        var story = new Story();
        story.Say("preview", Story.Question, CallEnd.Ok, Story.Asked with { Prices = "p-2", PriceList = "priceLists/standard/versions/2" });
        Assert.That(story.Check(), Is.Empty);
    }

    static TestCaseData Lie(string name, Rule rule, Action<Story> plant) => new TestCaseData(rule, plant).SetName(name);
}
