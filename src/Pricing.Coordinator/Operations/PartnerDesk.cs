using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Ops.V1;
using Lane = Pricing.Coordinator.Jobs.Lane;
using PartnerTerms = Pricing.Coordinator.Jobs.PartnerTerms;

namespace Pricing.Coordinator.Operations;

/// <summary>Operators' verbs about partners: in which lane they queue and with what weight.</summary>
public sealed class PartnerDesk(PartnerStore partners)
{
    public async Task<ListPartnerTermsResponse> ListAsync(ListPartnerTermsRequest request, CancellationToken cancel)
    {
        if (request.PageSize is < 0 or > Limits.Quote.PageSizeMax)
        {
            throw RefusalException.Invalid("PAGE_SIZE_OUT_OF_RANGE", "A page holds a bounded number of partners.", "page_size",
                $"0 to {Limits.Quote.PageSizeMax}", $"{request.PageSize}");
        }
        // The token is the last partner of the page before: names are in order, and stay it.
        var after = request.PageToken.Length == 0 ? "" : ResourceNames.ParsePartner($"partners/{request.PageToken}", "page_token");
        var size = request.PageSize == 0 ? Limits.Quote.PageSizeDefault : request.PageSize;
        var page = await partners.ReadPageAsync(after, size, cancel);
        return new ListPartnerTermsResponse { PartnerTerms = { page.Select(ToTerms) }, NextPageToken = page.Count == size ? page[^1].Partner : "" };
    }

    public async Task<Ops.V1.PartnerTerms> UpdateAsync(UpdatePartnerTermsRequest request, CancellationToken cancel)
    {
        if (request.PartnerTerms is not { } asked)
            throw RefusalException.Invalid("TERMS_MISSING", "There are no terms in the request.", "partner_terms");
        var partner = ResourceNames.ParsePartnerTerms(asked.Name, "partner_terms.name");
        var lane = asked.Lane switch
        {
            Ops.V1.Lane.B2B => Lane.B2b,
            Ops.V1.Lane.B2C => Lane.B2c,
            _ => throw RefusalException.Invalid("LANE_UNKNOWN", "There is no such lane.", "partner_terms.lane", "LANE_B2B, LANE_B2C", $"{asked.Lane}"),
        };
        if (asked.Weight is < 1 or > Limits.Job.PartnerWeightMax)
        {
            throw RefusalException.Invalid("WEIGHT_OUT_OF_RANGE", "The weight is out of range.", "partner_terms.weight",
                $"1 to {Limits.Job.PartnerWeightMax}", $"{asked.Weight}");
        }
        var terms = new PartnerTerms(partner, lane, asked.Weight);
        return await partners.SetAsync(terms, cancel)
            ? ToTerms(terms)
            : throw new RefusalException(StatusCode.ResourceExhausted, "TOO_MANY_PARTNERS", "No more partners can have terms of their own.", "partner_terms.name",
                $"{Limits.Job.PartnersListedMax} partners", $"{Limits.Job.PartnersListedMax} partners");
    }

    static Ops.V1.PartnerTerms ToTerms(PartnerTerms terms) => new()
    {
        Name = ResourceNames.PartnerTerms(terms.Partner),
        Lane = terms.Lane is Lane.B2b ? Ops.V1.Lane.B2B : Ops.V1.Lane.B2C,
        Weight = terms.Weight,
    };
}
