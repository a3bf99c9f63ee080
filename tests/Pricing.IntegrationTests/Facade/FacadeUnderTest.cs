using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Pricing.Facade;

namespace Pricing.IntegrationTests.Facade;

/// <summary>The real edge on a free port, and a plain HTTP client in front of it.</summary>
sealed class FacadeUnderTest : IAsyncDisposable
{
    readonly WebApplication _app;

    FacadeUnderTest(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.First());
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public static async Task<FacadeUnderTest> StartAsync(Uri coordinator, params string[] origins)
    {
        var app = FacadeHost.Build(new FacadeOptions
        {
            Coordinator = coordinator,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            AllowedOrigins = origins,
            LogLevel = LogLevel.Critical,
        });
        await app.StartAsync();
        return new FacadeUnderTest(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
