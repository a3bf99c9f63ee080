using System.Globalization;
using System.Text.Json;
using Pricing.Cli.Bench;
using Pricing.Cli.Chaos;
using Pricing.Cli.Output;
using Spectre.Console;
using Rule = Pricing.Cli.Chaos.Rule;

namespace Pricing.Cli.Commands;

/// <summary>The verdict of a chaos run as text, as JSON, and as a table kept beside the code.</summary>
static class ChaosReport
{
    /// <summary>Broken promises printed one by one; all of them stand in findings.jsonl.</summary>
    const int FindingsShown = 20;

    static readonly string[] Titles = ["fault", "injected", "recovery p50 ms", "p99 ms", "max ms", "measured"];

    public static async Task WriteAsync(ChaosPlan plan, ChaosVerdict verdict, string? save, bool json, Terminal terminal, CancellationToken cancellation)
    {
        IReadOnlyList<object>[] rows = [.. verdict.Recovery.Select(r => (IReadOnlyList<object>)[
            r.Kind.ToString(), (long)r.Faults, Math.Round(r.P50Ms), Math.Round(r.P99Ms), Math.Round(r.MaxMs), (long)r.Measured])];
        if (save is not null)
            SavedResults.Write(save, "chaos", "Chaos: faults and recovery", string.Join("; ", Lines(plan, verdict)), Titles, rows);
        if (json)
        {
            JsonText.Write(terminal.Out, writer => Json(writer, plan, verdict));
            return;
        }
        await terminal.Out.WriteLineAsync(Machine.Describe());
        foreach (var line in Lines(plan, verdict))
            await terminal.Out.WriteLineAsync(line);
        foreach (var finding in verdict.Findings.Take(FindingsShown))
            await terminal.Out.WriteLineAsync($"BROKEN {finding.Rule}: {finding.Key} {finding.What}");
        await terminal.Out.FlushAsync(cancellation);
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var title in Titles)
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
        terminal.Tables().Write(table);
        await terminal.Out.WriteLineAsync(verdict.Findings.Count == 0 ? "nothing lost, nothing applied twice, no false OK" : $"{verdict.Findings.Count} promises broken");
        await terminal.Out.FlushAsync(cancellation);
    }

    static IEnumerable<string> Lines(ChaosPlan plan, ChaosVerdict verdict)
    {
        yield return $"seed {plan.Seed}, {Number(plan.Length.TotalMinutes)} min of faults, {Number(verdict.TotalS)} s in all: {verdict.Faults.Count} faults of {verdict.Recovery.Count} kinds";
        yield return $"calls {verdict.Calls}: {verdict.CallsOk} answered, {verdict.CallsRefused} refused with a reason, {verdict.CallsUnknown} unknown";
        yield return $"requests {verdict.Requests}: {verdict.Accepted} accepted, {verdict.Recovered} more taken though the client never heard; {string.Join(", ", verdict.EndedBy.Select(e => $"{e.Value} {e.Key}"))}";
        yield return $"lost {verdict.Count(Rule.Lost)}, applied twice {verdict.Count(Rule.AppliedTwice)}, false OK {verdict.Count(Rule.FalseOk)}, other broken promises {verdict.Findings.Count(f => f.Rule is not (Rule.Lost or Rule.AppliedTwice or Rule.FalseOk))}";
        yield return $"goodput {Number(verdict.GoodputPerS)} accepted/s under faults, {Number(verdict.CalmPerS)}/s before; all ended {Number(verdict.QuiesceS)} s after the clients stopped asking";
        yield return $"zombie writes refused {verdict.ZombieWritesRefused}, duplicates absorbed {verdict.DuplicatesAbsorbed}, leases lost and taken up again {verdict.LeasesLost}, replies lost {verdict.RepliesLost}, prices worked out again {verdict.PricesWorkedOut}";
    }

    static void Json(Utf8JsonWriter json, ChaosPlan plan, ChaosVerdict verdict)
    {
        json.WriteStartObject();
        json.WriteString("machine", Machine.Describe());
        json.WriteString("commit", Machine.Commit());
        json.WriteNumber("seed", plan.Seed);
        json.WriteNumber("minutes", plan.Length.TotalMinutes);
        json.WriteNumber("faults", verdict.Faults.Count);
        json.WriteNumber("kinds", verdict.Recovery.Count);
        json.WriteNumber("calls", verdict.Calls);
        json.WriteNumber("calls_ok", verdict.CallsOk);
        json.WriteNumber("calls_refused", verdict.CallsRefused);
        json.WriteNumber("calls_unknown", verdict.CallsUnknown);
        json.WriteNumber("requests", verdict.Requests);
        json.WriteNumber("accepted", verdict.Accepted);
        json.WriteNumber("recovered", verdict.Recovered);
        json.WriteStartObject("ended");
        foreach (var (state, count) in verdict.EndedBy)
            json.WriteNumber(state, count);
        json.WriteEndObject();
        json.WriteStartObject("broken");
        foreach (var rule in Enum.GetValues<Rule>())
            json.WriteNumber(rule.ToString(), verdict.Count(rule));
        json.WriteEndObject();
        json.WriteNumber("goodput_per_s", Math.Round(verdict.GoodputPerS, 2));
        json.WriteNumber("calm_per_s", Math.Round(verdict.CalmPerS, 2));
        json.WriteNumber("quiesce_s", Math.Round(verdict.QuiesceS, 1));
        json.WriteNumber("zombie_writes_refused", verdict.ZombieWritesRefused);
        json.WriteNumber("duplicates_absorbed", verdict.DuplicatesAbsorbed);
        json.WriteNumber("leases_lost", verdict.LeasesLost);
        json.WriteNumber("replies_lost", verdict.RepliesLost);
        json.WriteNumber("prices_worked_out", verdict.PricesWorkedOut);
        json.WriteStartArray("recovery");
        foreach (var row in verdict.Recovery)
        {
            json.WriteStartObject();
            json.WriteString("fault", row.Kind.ToString());
            json.WriteNumber("injected", row.Faults);
            json.WriteNumber("measured", row.Measured);
            json.Milliseconds("p50_ms", row.P50Ms);
            json.Milliseconds("p99_ms", row.P99Ms);
            json.Milliseconds("max_ms", row.MaxMs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in verdict.Findings.Take(FindingsShown))
        {
            json.WriteStartObject();
            json.WriteString("rule", finding.Rule.ToString());
            json.WriteString("key", finding.Key);
            json.WriteString("what", finding.What);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
