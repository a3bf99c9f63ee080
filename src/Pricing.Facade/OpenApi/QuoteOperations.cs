using System.Collections.Frozen;
using Pricing.Quoting.V1;

namespace Pricing.Facade.OpenApi;

/// <summary>Descriptions of the quote operations, and which fields of a quote a caller may ask for.</summary>
static class QuoteOperations
{
    /// <summary>Proto names of the fields CreateQuote reads; all others are set by the platform.</summary>
    public static readonly FrozenSet<string> AskedFields =
        FrozenSet.Create("model", "measure_options", "configurations", "quantities", "currency_code");

    public const string RequestSchema = "QuoteRequest";

    static readonly RestParameter IdempotencyKey = new("Idempotency-Key",
        "A UUID made by the caller. The same key with the same body answers the same quote; with another body it is refused with 422 REQUEST_ID_REUSED. Send the same key when retrying.");

    public static readonly RestOperation Create = new("createQuote", "Quotes", "Ask for a price")
    {
        Description = "A known model is priced in the answer. Otherwise the quote is MEASURING: follow its events, or read it again after Retry-After.",
        BodySchema = RequestSchema,
        Answer = Quote.Descriptor,
        AnswerStatus = 201,
        AnswerDescription = "The quote, with its prices when they were known within the wait. With validateOnly the status is 200 and nothing is stored.",
        AnswerHeaders = ["Location", "ETag", "Retry-After"],
        Headers = [IdempotencyKey, new("Prefer", "wait=10 holds the answer for up to ten seconds, as the parameter does.")],
        Parameters = new Dictionary<string, string>
        {
            ["wait"] = "Hold the answer until the price is there, at most this long: \"10s\" or \"500ms\", up to 30 s.",
            ["validateOnly"] = "Check everything and store nothing.",
        },
        Refusals = [400, 404, 409, 413, 415, 422, 429, 504],
    };

    public static readonly RestOperation List = new("listQuotes", "Quotes", "List quotes, newest first")
    {
        Answer = ListQuotesResponse.Descriptor,
        AnswerDescription = "One page. Link rel=next leads to the following one.",
        AnswerHeaders = ["ETag", "Link"],
        Conditional = true,
        Parameters = new Dictionary<string, string>
        {
            ["pageSize"] = "At most 200; 0 or absent = 50.",
            ["pageToken"] = "nextPageToken of the page before.",
        },
        Refusals = [400, 429, 504],
    };

    public static readonly RestOperation Get = new("getQuote", "Quotes", "Read a quote")
    {
        Answer = Quote.Descriptor,
        AnswerDescription = "The quote. Retry-After says when to look again while it is MEASURING.",
        AnswerHeaders = ["ETag", "Retry-After"],
        Conditional = true,
        Parameters = new Dictionary<string, string> { ["id"] = "The last part of the quote's name." },
        Refusals = [400, 404, 429, 504],
    };

    public static readonly RestOperation Cancel = new("cancelQuote", "Quotes", "Cancel a quote that is still measuring")
    {
        Answer = Quote.Descriptor,
        AnswerDescription = "The quote as it is now.",
        AnswerHeaders = ["ETag"],
        Headers = [IdempotencyKey],
        Parameters = new Dictionary<string, string> { ["id"] = "The last part of the quote's name." },
        Refusals = [400, 404, 409, 429, 504],
    };

    public static readonly RestOperation Watch = new("watchQuote", "Quotes", "Follow a quote as server-sent events")
    {
        Description = "\"progress\" events carry QuoteProgress, the last event is \"quote\" with the finished Quote; comments are heartbeats. "
            + "\"error\" carries problem details when the stream ends early: connect again. A reconnect with the Last-Event-ID of the finished quote gets 204, which stops EventSource.",
        EventStream = true,
        Answer = QuoteProgress.Descriptor,
        AnswerDescription = "The event stream.",
        Headers = [new("Last-Event-ID", "The id of the last event received; EventSource sends it by itself.")],
        Parameters = new Dictionary<string, string> { ["id"] = "The last part of the quote's name." },
        Refusals = [400, 404, 429, 504],
    };
}
