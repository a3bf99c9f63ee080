using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Jobs;

/// <summary>The terms of partners: their lane and their weight in it. A change holds for jobs enqueued from then on.</summary>
public sealed class PartnerStore(NpgsqlDataSource source)
{
    const string All = "select partner, lane, weight from partner_terms order by partner limit $1";

    const string Page = "select partner, lane, weight from partner_terms where partner > $1 order by partner limit $2";

    // The bound is on how many are listed; changing one that is listed is always allowed.
    const string Set = """
        insert into partner_terms (partner, lane, weight)
        select $1, $2, $3
        where (select count(*) from partner_terms) < $4 or exists (select from partner_terms where partner = $1)
        on conflict (partner) do update set lane = excluded.lane, weight = excluded.weight, updated_at = clock_timestamp()
        """;

    public async Task<IReadOnlyList<PartnerTerms>> ReadAllAsync(CancellationToken cancel) =>
        await source.Command(All, Limits.Job.PartnersListedMax).ReadAllAsync(Read, cancel);

    /// <summary>By name, after one.</summary>
    public async Task<IReadOnlyList<PartnerTerms>> ReadPageAsync(string after, int size, CancellationToken cancel) =>
        await source.Command(Page, after, size).ReadAllAsync(Read, cancel);

    /// <summary>False when no more partners can be listed.</summary>
    public async Task<bool> SetAsync(PartnerTerms terms, CancellationToken cancel) =>
        await source.Command(Set, terms.Partner, terms.Lane.Text(), terms.Weight, Limits.Job.PartnersListedMax).RunAsync(cancel) > 0;

    static PartnerTerms Read(NpgsqlDataReader r) => new(r.GetString(0), Lanes.Parse(r.GetString(1)), r.GetInt32(2));
}
