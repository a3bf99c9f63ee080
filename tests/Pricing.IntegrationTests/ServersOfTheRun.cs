using NUnit.Framework;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests;

/// <summary>Stops what the tests of this assembly started together.</summary>
[SetUpFixture]
public sealed class ServersOfTheRun
{
    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await PostgresServer.StopAsync();
        await RgwServer.StopAsync();
    }
}
