using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Pricing.Facade.Errors;
using Pricing.Facade.Upstream;
using Pricing.Quoting.V1;

namespace Pricing.Facade.Rest;

/// <summary>WatchQuote as server-sent events: "progress" while it runs, "quote" at the end, "error" when the stream had to end early.</summary>
static class QuoteEvents
{
    public static async Task<IResult> WatchAsync(
        HttpContext http, QuoteService.QuoteServiceClient quotes, FacadeOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, string id)
    {
        using var call = new CallLifetime(clock, http.RequestAborted, lifetime.ApplicationStopping);
        call.Bound("", isStream: true);
        using var watch = quotes.WatchQuote(new WatchQuoteRequest { Name = Names.Quote(options.Partner, id) }, cancellationToken: call.Token);
        var events = watch.ResponseStream;
        try
        {
            // A refusal before the first event still is an ordinary HTTP answer.
            if (!await events.MoveNext(call.Token)) throw new RefusedException(Refusal.Unreachable);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && call.Token.IsCancellationRequested)
        {
            http.RequestAborted.ThrowIfCancellationRequested();
            throw new RefusedException(call.WhyEnded ?? Refusal.From(e));
        }
        // EventSource reconnects when a stream ends, for ever; 204 is how it learns that there is nothing more to come.
        if (events.Current.Quote is { } ended && http.Request.Headers["Last-Event-ID"] == ended.Etag) return Results.NoContent();

        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["x-accel-buffering"] = "no";
        try
        {
            do await SendAsync(http, Text(events.Current));
            while (await events.MoveNext(call.Token));
        }
        catch (RpcException e) when (!http.RequestAborted.IsCancellationRequested)
        {
            var refusal = e.StatusCode == StatusCode.Cancelled && call.WhyEnded is { } why ? why : Refusal.From(e);
            var problem = Encoding.UTF8.GetString(Problems.ToJson(http, HttpStatusMap.Of(refusal), refusal));
            await SendAsync(http, $"event: error\ndata: {problem}\n\n");
        }
        catch (RpcException)
        {
            // The caller left; the call was cancelled for that reason.
        }
        return Results.Empty;
    }

    static string Text(WatchQuoteResponse response) => response.EventCase switch
    {
        WatchQuoteResponse.EventOneofCase.Progress => $"event: progress\ndata: {ProtoJson.Write(response.Progress)}\n\n",
        WatchQuoteResponse.EventOneofCase.Quote => $"id: {response.Quote.Etag}\nevent: quote\ndata: {ProtoJson.Write(response.Quote)}\n\n",
        // A comment keeps the connection and says nothing to the page.
        _ => ": heartbeat\n\n",
    };

    static async Task SendAsync(HttpContext http, string text)
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
