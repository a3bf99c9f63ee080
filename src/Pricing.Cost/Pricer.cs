using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>The door: measurement, price list and terms in, prices out. Pure: the same arguments give the same bytes.</summary>
public static class Pricer
{
    /// <summary>Refuses terms that the list cannot price: unknown names, quantities out of range, too much at once.</summary>
    /// <exception cref="PricingRefusedException">With reason, field, limit and actual.</exception>
    public static void Check(PriceList list, QuoteTerms terms) => Read(list, terms);

    /// <summary>Every configuration at every quantity: configurations in their order, then quantities in theirs.</summary>
    /// <exception cref="PricingRefusedException">As <see cref="Check"/>; never because of the measurement.</exception>
    public static IReadOnlyList<Price> Price(Measurement measurement, PriceList list, QuoteTerms terms)
    {
        // 1. Terms: names resolved, wildcards expanded, bounds kept.
        var (offers, quantities, currency) = Read(list, terms);
        var exchangeRate = currency.Code == list.CurrencyCode ? null : list.ExchangeRates[currency.Code];

        // 2. The part: doubles become decimals here, once.
        var part = PartFacts.Read(measurement, out var faultyFigure);

        var prices = new List<Price>(offers.Count * quantities.Count);
        foreach (var offer in offers)
        {
            if (part is null)
            {
                foreach (var quantity in quantities)
                    prices.Add(Refuse(offer, quantity, [DfmRules.MeasurementInvalid(faultyFigure)]));
                continue;
            }

            // 3. Can it be made, and how does it stand in the machine?
            var placement = Placement.Find(part, offer.Process.BuildVolume);
            var findings = DfmRules.Check(list, offer, part, placement);
            var blocked = DfmRules.State(findings) == Quoting.V1.Price.Types.State.NotManufacturable;

            // 4. What one piece costs; the quantities share it.
            var piece = blocked ? [] : CostRules.Piece(offer, part, placement);
            foreach (var quantity in quantities)
            {
                // 5. What the order costs.
                prices.Add(blocked
                    ? Refuse(offer, quantity, findings)
                    : PriceOrder(list, offer, piece, findings, quantity, new BreakdownBuilder(currency, exchangeRate, list.CurrencyCode)));
            }
        }

        return prices;
    }

    static Price PriceOrder(PriceList list, Offer offer, List<PieceLine> piece, List<Finding> findings, long quantity, BreakdownBuilder builder)
    {
        var process = offer.Process;
        var factor = offer.LeadTime.Factor;
        var pieces = new Figure("quantity", quantity, "pieces", "terms quantities");

        decimal piecesCost = 0, metal = 0, machineHours = 0;
        foreach (var line in piece)
        {
            builder.Add(line.Rule, line.Label, line.Amount * quantity, line.Inputs, pieces);
            if (line.PassThrough)
                metal += line.Amount * quantity;
            else
                piecesCost += line.Amount * quantity;
            machineHours += line.MachineHours * quantity;
        }

        var cost = builder.Sum("pieces_cost", piecesCost, "lines per piece, without precious metal");
        builder.Add(CommercialRules.Setup, process.Setup, [process.Setup]);

        var scrapCost = CommercialRules.ScrapAmount(piecesCost, process.Scrap);
        builder.Add(CommercialRules.Scrap, scrapCost, [cost, process.Scrap]);

        var scrap = builder.Sum("scrap_cost", scrapCost, "common.scrap.v1");
        var margin = CommercialRules.MarginAmount(piecesCost, scrapCost, process.Setup, process.Margin);
        builder.Add(CommercialRules.Margin, margin, [cost, scrap, process.Setup, process.Margin]);

        var discount = CommercialRules.QuantityAmount(piecesCost, scrapCost, process.Margin, process.QuantityDiscount, quantity);
        builder.Add(CommercialRules.Quantity, discount,
            [cost, scrap, process.Margin, process.QuantityDiscount.Maximum, process.QuantityDiscount.HalfQuantity], pieces);

        var makingPrice = piecesCost + process.Setup + scrapCost + margin + discount;
        var rush = CommercialRules.LeadTimeAmount(makingPrice, factor);
        builder.Add(CommercialRules.LeadTime, rush, [builder.Sum("making_price", makingPrice, "all lines above, without precious metal"), factor]);

        var price = makingPrice + rush + metal;
        var minimum = CommercialRules.MinimumPrice(process.MinimumPart, list.MinimumOrder, factor, quantity);
        var lift = Math.Max(0, minimum - price);
        builder.Add(CommercialRules.Minimum, lift,
            [process.MinimumPart, list.MinimumOrder, factor, builder.Sum("price", price, "all lines above")], pieces);

        // Whole days only: part of a day is within the promise already.
        var extraDays = decimal.Floor(machineHours / process.Capacity.HoursPerDay);
        var answer = Start(offer, quantity, findings);
        if (DfmRules.QuantityNeedsPlanning(process.Capacity, extraDays) is { } planning)
            answer.Findings.Add(planning);
        answer.State = DfmRules.State(answer.Findings);
        answer.LeadTimeDays = (uint)Math.Min(Limits.Quote.LeadTimeDaysMax, decimal.Ceiling(offer.LeadTime.Days + (offer.Finish?.ExtraDays ?? 0m) + extraDays));
        builder.Finish(answer, price + lift, minimum, pieces);
        return answer;
    }

    /// <summary>Not manufacturable: findings say why, amounts stay empty.</summary>
    static Price Refuse(Offer offer, long quantity, List<Finding> findings)
    {
        var answer = Start(offer, quantity, findings);
        answer.State = Quoting.V1.Price.Types.State.NotManufacturable;
        return answer;
    }

    static Price Start(Offer offer, long quantity, List<Finding> findings)
    {
        var answer = new Price
        {
            Process = offer.Process.Id,
            Material = offer.Material.Id,
            Finish = offer.Finish?.Id ?? "",
            LeadTime = offer.LeadTime.Id,
            Quantity = quantity,
        };

        // Each price owns its findings: messages are mutable, and prices travel apart.
        foreach (var finding in findings)
            answer.Findings.Add(finding.Clone());
        return answer;
    }

    static (List<Offer> Offers, IReadOnlyList<long> Quantities, Currency Currency) Read(PriceList list, QuoteTerms terms)
    {
        var offers = Offer.Expand(list, terms.Configurations);
        var quantities = ReadQuantities(terms.Quantities);
        var currency = ReadCurrency(list, terms.CurrencyCode);
        var prices = (long)offers.Count * quantities.Count;
        if (prices > Limits.Quote.PricesMax)
            throw new PricingRefusedException("TOO_MANY_PRICES", "configurations", $"{Limits.Quote.PricesMax} prices", $"{prices} prices");
        return (offers, quantities, currency);
    }

    static IReadOnlyList<long> ReadQuantities(IReadOnlyList<long> asked)
    {
        if (asked.Count == 0)
            return [1];
        if (asked.Count > Limits.Quote.QuantitiesMax)
        {
            throw new PricingRefusedException("TOO_MANY_QUANTITIES", "quantities",
                $"{Limits.Quote.QuantitiesMax} quantities", $"{asked.Count} quantities");
        }

        for (var i = 0; i < asked.Count; i++)
        {
            if (asked[i] is < 1 or > Limits.Quote.QuantityMax)
            {
                throw new PricingRefusedException("QUANTITY_OUT_OF_RANGE", $"quantities[{i}]",
                    $"1 to {Limits.Quote.QuantityMax} pieces", $"{asked[i]} pieces");
            }
        }

        // Asked for twice, answered once.
        return [.. asked.Distinct()];
    }

    static Currency ReadCurrency(PriceList list, string asked)
    {
        var code = asked.Length == 0 ? list.CurrencyCode : asked;
        var known = code == list.CurrencyCode || list.ExchangeRates.ContainsKey(code);
        return known && Currency.TryGet(code, out var currency)
            ? currency
            : throw Offer.Unknown("UNKNOWN_CURRENCY", "currency_code", code, [list.CurrencyCode, .. list.ExchangeRates.Keys.Order(StringComparer.Ordinal)]);
    }
}
