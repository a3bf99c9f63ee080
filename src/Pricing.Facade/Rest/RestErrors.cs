using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Rest;

/// <summary>Whatever a REST handler throws leaves as problem details; what nobody expected leaves as a plain 500 and a log line.</summary>
static class RestErrors
{
    public static void Use(WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Pricing.Facade.Rest");
        app.Use((http, next) => GuardAsync(http, next, log));
        app.UseStatusCodePages(pages => Problems.WriteAsync(pages.HttpContext, pages.HttpContext.Response.StatusCode, Problems.Of(pages.HttpContext)));
    }

    static async Task GuardAsync(HttpContext http, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(http);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be answered.
        }
        catch (Exception e)
        {
            var refusal = RefusalOf(e);
            if (refusal.Code is StatusCode.Internal or StatusCode.Unknown) log.LogError(e, "{Method} {Path} failed", http.Request.Method, http.Request.Path);
            if (http.Response.HasStarted)
            {
                http.Abort();
                return;
            }
            // Headers a handler set before it failed (an ETag, a Location) belong to an answer that is not given.
            // Those of CORS are written when the answer starts, so they stay.
            http.Response.Clear();
            await Problems.WriteAsync(http, refusal);
        }
    }

    public static Refusal RefusalOf(Exception exception) => exception switch
    {
        RefusedException refused => refused.Refusal,
        RpcException rpc => Refusal.From(rpc),
        BadHttpRequestException bad => Problems.Of(bad),
        _ => new Refusal(StatusCode.Internal, "INTERNAL", "The request failed on our side. The trace id leads to the cause."),
    };
}
