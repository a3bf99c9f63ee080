using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Cache;

/// <summary>The cache as services: memory always, Redis where the options name one.</summary>
static class CacheRoom
{
    public static void Add(IServiceCollection services, CoordinatorOptions options)
    {
        services.AddSingleton<CacheCounters>();
        services.AddSingleton(_ => new MemoryTier(options.Time));
        services.AddSingleton(provider => new TieredCache(
            provider.GetRequiredService<MemoryTier>(), options.Redis is null ? null : Shared(provider, options), provider.GetRequiredService<CacheCounters>(),
            options.Time, provider.GetRequiredService<ILogger<TieredCache>>()));
        services.AddSingleton<PriceCache>();
    }

    static SharedTier Shared(IServiceProvider provider, CoordinatorOptions options) => new(
        new RedisStore(options.Redis!, provider.GetRequiredService<ILogger<RedisStore>>()), new CircuitBreaker(options.Time),
        provider.GetRequiredService<CacheCounters>(), options.EngineVersion, options.Time, provider.GetRequiredService<ILogger<SharedTier>>());
}
