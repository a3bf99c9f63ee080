using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Upstream;

/// <summary>Runs one unary call for a REST request: bounded in time, ended when the caller leaves or we stop.</summary>
sealed class UnaryCalls(IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public async Task<T> RunAsync<T>(HttpContext http, Func<CallOptions, AsyncUnaryCall<T>> start)
    {
        using var call = new CallLifetime(clock, http.RequestAborted, lifetime.ApplicationStopping);
        call.Bound("", isStream: false);
        try
        {
            using var running = start(new CallOptions(cancellationToken: call.Token));
            return await running.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && call.Token.IsCancellationRequested)
        {
            http.RequestAborted.ThrowIfCancellationRequested();
            throw new RefusedException(call.WhyEnded ?? Refusal.From(e));
        }
    }
}
