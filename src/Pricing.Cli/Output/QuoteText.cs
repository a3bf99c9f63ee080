using System.Globalization;
using Pricing.Quoting.V1;
using Spectre.Console;

namespace Pricing.Cli.Output;

/// <summary>A quote for people: what was measured, the price ladder, why some rows are not firm, where the time went.</summary>
static class QuoteText
{
    public static void Write(Terminal terminal, string file, PricedFile priced, bool explain)
    {
        var quote = priced.Quote;
        terminal.Out.WriteLine(Path.GetFileName(file));
        if (quote.Measurement is not null)
            foreach (var line in MeasurementText.Lines(quote.Measurement))
                terminal.Out.WriteLine("  " + line);
        terminal.Out.WriteLine();
        terminal.Out.Flush();
        var rows = RowsOf(quote);
        terminal.Tables().Write(Ladder(quote, rows));
        foreach (var line in Reasons(quote, rows))
            terminal.Out.WriteLine("  " + line);
        if (explain)
            PriceExplanation.Write(terminal.Out, quote);
        foreach (var line in Timing(priced))
            terminal.Out.WriteLine("  " + line);
        terminal.Out.WriteLine();
        terminal.Out.Flush();
    }

    /// <summary>One row: a way of making the part, with its prices by quantity.</summary>
    sealed record Row(string Process, string Material, string Finish, string LeadTime, IReadOnlyList<Price> Prices);

    static IReadOnlyList<Row> RowsOf(Quote quote) =>
    [
        .. quote.Prices
            .GroupBy(price => (price.Process, price.Material, price.Finish, price.LeadTime))
            .Select(group => new Row(group.Key.Process, group.Key.Material, group.Key.Finish, group.Key.LeadTime, [.. group])),
    ];

    static Table Ladder(Quote quote, IReadOnlyList<Row> rows)
    {
        var currency = quote.Prices.Select(price => price.UnitPrice?.CurrencyCode).FirstOrDefault(code => !string.IsNullOrEmpty(code)) ?? quote.CurrencyCode;
        var quantities = quote.Prices.Select(price => price.Quantity).Distinct().ToList();
        var hasFinish = rows.Any(row => row.Finish.Length > 0);
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("process").AddColumn("material");
        if (hasFinish)
            table.AddColumn("finish");
        table.AddColumn("lead time");
        foreach (var quantity in quantities)
            table.AddColumn(new TableColumn($"× {Words.Count(quantity)}").RightAligned());
        table.AddColumn("state");
        // Nothing that can be made has no currency either.
        if (!string.IsNullOrEmpty(currency))
            table.Caption($"{currency} a piece");
        foreach (var row in rows)
        {
            var cells = new List<string> { row.Process, row.Material };
            if (hasFinish)
                cells.Add(row.Finish);
            cells.Add($"{row.LeadTime} {Days(row.Prices)}".Trim());
            cells.AddRange(quantities.Select(quantity => Cell(row.Prices.FirstOrDefault(price => price.Quantity == quantity))));
            cells.Add(StateOf(row.Prices));
            table.AddRow([.. cells.Select(cell => new Markup(Markup.Escape(cell), StyleOf(row.Prices)))]);
        }
        return table;
    }

    static string Cell(Price? price) => price switch
    {
        null => "",
        { State: Price.Types.State.NotManufacturable } => "–",
        _ => price.UnitPrice is { } unit ? Words.Amount(unit.Amount) : "–",
    };

    static string Days(IReadOnlyList<Price> prices)
    {
        // A date that a person plans is not one to read off a table; JSON has the figure.
        var byHand = prices.Any(IsPlannedByHand);
        var days = prices.Where(price => price.LeadTimeDays > 0 && !IsPlannedByHand(price)).Select(price => price.LeadTimeDays).ToList();
        return days.Count == 0 ? byHand ? "by hand" : ""
            : (days.Min() == days.Max() ? string.Create(CultureInfo.InvariantCulture, $"{days.Min()} d")
                : string.Create(CultureInfo.InvariantCulture, $"{days.Min()}–{days.Max()} d")) + (byHand ? " or by hand" : "");
    }

    static bool IsPlannedByHand(Price price) => price.Findings.Any(finding => finding.Code == "QUANTITY_NEEDS_PLANNING");

    static string StateOf(IReadOnlyList<Price> prices)
    {
        var states = prices.Select(price => price.State).Distinct().ToList();
        return states.Count > 1 ? "see below" : states[0] switch
        {
            Price.Types.State.Firm => "firm",
            Price.Types.State.NeedsReview => "needs review",
            Price.Types.State.NotManufacturable => "not possible",
            _ => "unknown",
        };
    }

    static Style StyleOf(IReadOnlyList<Price> prices) =>
        prices.All(price => price.State == Price.Types.State.Firm) ? Style.Plain
        : prices.All(price => price.State == Price.Types.State.NotManufacturable) ? new Style(Color.Grey)
        : new Style(Color.Yellow);

    /// <summary>Every finding once, with the rows and quantities it concerns; not what the measurement's own notes have said already.</summary>
    static IEnumerable<string> Reasons(Quote quote, IReadOnlyList<Row> rows)
    {
        var said = quote.Measurement?.Notes.Select(note => note.Code).ToHashSet() ?? [];
        var findings =
            from row in rows
            from price in row.Prices
            from finding in price.Findings
            where finding.Severity is Finding.Types.Severity.Review or Finding.Types.Severity.Block || !said.Contains(finding.Code)
            group (row, price) by (Word: Word(finding.Severity), finding.Message, finding.Code, Fact: FactOf(finding)) into same
            select same;
        foreach (var same in findings)
        {
            var concerned = same.GroupBy(entry => entry.row).ToList();
            var where = rows.Count > 1 && concerned.Count == rows.Count && concerned.All(group => group.Count() == group.Key.Prices.Count)
                ? "all"
                : string.Join(", ", concerned.Select(group => $"{group.Key.Process} {group.Key.Material}"
                    + (group.Count() == group.Key.Prices.Count ? "" : " × " + string.Join(" and ", group.Select(entry => Words.Count(entry.price.Quantity))))));
            yield return $"{same.Key.Word} · {where}: {same.Key.Message}{same.Key.Fact} [{same.Key.Code}]";
        }
    }

    static string Word(Finding.Types.Severity severity) => severity switch
    {
        Finding.Types.Severity.Block => "not possible",
        Finding.Types.Severity.Review => "needs review",
        _ => "note",
    };

    static string FactOf(Finding finding)
    {
        if (finding.Measured.Length == 0)
            return "";
        var limit = finding.Limit.Length == 0 || finding.Severity == Finding.Types.Severity.Info ? "" : $", limit {Short(finding.Limit)}";
        return $" (measured {Short(finding.Measured)}{limit}{(finding.Unit.Length == 0 ? "" : " " + finding.Unit)})";
    }

    /// <summary>Four digits are enough for a person; JSON has them all.</summary>
    static string Short(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var value) && text.Length > 6
        // By way of the text, so that no power of ten is left: 1.084E+04 is 10840.
        ? decimal.Parse(value.ToString("G4", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)
        : text;

    static IEnumerable<string> Timing(PricedFile priced)
    {
        var quote = priced.Quote;
        var timing = quote.Timing ?? new QuoteTiming();
        if (Words.Sent(priced.BytesSent, priced.BytesReused) is { Length: > 0 } sent)
            yield return sent;
        if (!quote.MeasurementCached)
            yield return $"measured in {Words.Milliseconds(timing.MeasureMs)}, priced in {Words.Milliseconds(timing.PriceMs)}; "
                + $"{Words.Milliseconds(priced.TotalMs)} in all (upload {Words.Milliseconds(priced.UploadMs)}, queue {Words.Milliseconds(timing.QueueMs)})"
                + Words.Reused(quote.Measurement?.Timing?.ReusedBytes ?? 0, quote.Measurement?.ModelBytes ?? 1);
        else
        {
            var faster = priced.FirstMs > priced.AnswerMs
                ? string.Create(CultureInfo.InvariantCulture, $", {priced.FirstMs / priced.AnswerMs:0.#} times faster than the {Words.Milliseconds(priced.FirstMs.Value)} of the first time")
                : "";
            yield return $"measurement known, nothing measured again: answered in {Words.Milliseconds(priced.AnswerMs)}{faster}; priced in {Words.Milliseconds(timing.PriceMs)}";
        }
        var until = quote.ExpireTime is null ? "" : $", prices hold until {quote.ExpireTime.ToDateTimeOffset():yyyy-MM-dd}";
        yield return $"{quote.PriceListVersion}{until} · {quote.Name}";
    }
}
