using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>One way of making the part, every wildcard resolved.</summary>
sealed record Offer(ProcessRates Process, MaterialRates Material, FinishRates? Finish, LeadTimeRates LeadTime)
{
    const string StandardLeadTime = "standard";

    /// <summary>Resolves the configurations in their order, an empty process in the list's order. A way asked for twice is answered once.</summary>
    public static List<Offer> Expand(PriceList list, IReadOnlyList<Configuration> configurations)
    {
        if (configurations.Count > Limits.Quote.ConfigurationsMax)
        {
            throw new PricingRefusedException("TOO_MANY_CONFIGURATIONS", "configurations",
                $"{Limits.Quote.ConfigurationsMax} configurations", $"{configurations.Count} configurations");
        }

        if (configurations.Count == 0)
            return Resolve(list, new Configuration(), "configurations");
        var offers = new List<Offer>();
        for (var i = 0; i < configurations.Count; i++)
        {
            foreach (var offer in Resolve(list, configurations[i], $"configurations[{i}]"))
            {
                if (!offers.Contains(offer))
                    offers.Add(offer);
            }
        }

        return offers;
    }

    static List<Offer> Resolve(PriceList list, Configuration asked, string field)
    {
        var processes = list.Processes;
        if (asked.Process.Length > 0)
        {
            processes = [list.FindProcess(asked.Process)
                ?? throw Unknown("UNKNOWN_PROCESS", $"{field}.process", asked.Process, list.Processes.Select(process => process.Id))];
        }

        // With an empty process, a named material or finish narrows the list to the processes that have it.
        if (asked.Material.Length > 0)
        {
            processes = Narrow(processes, process => process.FindMaterial(asked.Material) is not null, "UNKNOWN_MATERIAL", $"{field}.material",
                asked.Material, process => process.Materials.Select(material => material.Id));
        }

        if (asked.Finish.Length > 0)
        {
            processes = Narrow(processes, process => process.FindFinish(asked.Finish) is not null, "UNKNOWN_FINISH", $"{field}.finish",
                asked.Finish, process => process.Finishes.Select(finish => finish.Id));
        }

        var leadTime = asked.LeadTime.Length > 0 ? asked.LeadTime : StandardLeadTime;
        processes = Narrow(processes, process => process.FindLeadTime(leadTime) is not null, "UNKNOWN_LEAD_TIME", $"{field}.lead_time",
            leadTime, process => process.LeadTimes.Select(known => known.Id));

        return [.. processes.Select(process => new Offer(process,
            asked.Material.Length > 0 ? process.FindMaterial(asked.Material)! : process.StandardMaterial,
            asked.Finish.Length > 0 ? process.FindFinish(asked.Finish) : null,
            process.FindLeadTime(leadTime)!))];
    }

    static List<ProcessRates> Narrow(IReadOnlyList<ProcessRates> processes, Func<ProcessRates, bool> has, string reason, string field,
        string asked, Func<ProcessRates, IEnumerable<string>> names)
    {
        List<ProcessRates> kept = [.. processes.Where(has)];
        return kept.Count > 0 ? kept : throw Unknown(reason, field, asked, processes.SelectMany(names).Distinct());
    }

    internal static PricingRefusedException Unknown(string reason, string field, string asked, IEnumerable<string> known)
    {
        var names = known.ToList();
        var listed = names.Count == 0 ? "none" : string.Join(", ", names.Take(Limits.PriceList.NamesListedMax));
        if (names.Count > Limits.PriceList.NamesListedMax)
            listed += $", … ({names.Count - Limits.PriceList.NamesListedMax} more)";
        return new PricingRefusedException(reason, field, listed, PriceListFaults.Shorten(asked));
    }
}
