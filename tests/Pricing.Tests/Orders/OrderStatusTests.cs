using NUnit.Framework;
using Pricing.Orders;
using Pricing.Orders.V1;
using static Pricing.Orders.OrderStatus;

namespace Pricing.Tests.Orders;

[TestFixture]
public sealed class OrderStatusTests
{
    static readonly OrderState[] Live = Enum.GetValues<OrderState>().Where(s => s != OrderState.Unspecified).ToArray();
    static readonly Actor[] Actors = Enum.GetValues<Actor>();

    [Test]
    public void The_way_of_an_order_from_first_click_to_closed_is_legal()
    {
        (OrderState To, Actor By)[] way =
        [
            (OrderState.FileUploaded, Actor.Shop), (OrderState.Submitted, Actor.Shop), (OrderState.CalculatingPrice, Actor.Platform),
            (OrderState.PriceCalculated, Actor.Platform), (OrderState.ManufacturingApproved, Actor.Crm), (OrderState.ManufacturingStarted, Actor.Mes),
            (OrderState.ManufacturingCompleted, Actor.Mes), (OrderState.Packaging, Actor.Mes), (OrderState.Shipped, Actor.Mes), (OrderState.Closed, Actor.Crm),
        ];
        var state = OrderState.Initiated;
        foreach (var (to, by) in way)
        {
            Assert.That(() => Check(state, to, by), Throws.Nothing, $"{state} -> {to}");
            state = to;
        }
    }

    [Test]
    public void Nothing_leaves_a_terminal_state()
    {
        foreach (var from in Live.Where(IsTerminal))
            foreach (var to in Live)
                foreach (var actor in Actors)
                    Assert.That(() => Check(from, to, actor), Throws.TypeOf<OrderTransitionException>(), $"{from} -> {to} by {actor}");
    }

    [TestCase(OrderState.PriceCalculated, OrderState.ManufacturingApproved, Actor.Partner)]
    [TestCase(OrderState.ManufacturingApproved, OrderState.ManufacturingStarted, Actor.Crm)]
    [TestCase(OrderState.Shipped, OrderState.Closed, Actor.Mes)]
    public void A_move_of_another_system_is_refused(OrderState from, OrderState to, Actor actor)
        => Assert.That(() => Check(from, to, actor), Throws.TypeOf<OrderTransitionException>());

    [Test]
    public void Started_work_is_not_called_off_behind_the_operators_back()
        => Assert.That(() => Check(OrderState.ManufacturingStarted, OrderState.Cancelled, Actor.Crm), Throws.TypeOf<OrderTransitionException>());

    [Test]
    public void Every_live_state_has_a_way_to_an_end()
    {
        foreach (var start in Live)
        {
            var seen = new HashSet<OrderState> { start };
            var queue = new Queue<OrderState>([start]);
            while (queue.TryDequeue(out var from))
                foreach (var to in Live.Where(to => Actors.Any(a => IsLegal(from, to, a, start))))
                    if (seen.Add(to))
                        queue.Enqueue(to);
            Assert.That(seen.Any(IsTerminal), Is.True, $"{start} is a trap");
        }
    }

    [Test]
    public void An_order_returns_from_attention_only_to_where_it_came_from()
    {
        Assert.That(IsLegal(OrderState.NeedsAttention, OrderState.Packaging, Actor.Mes, OrderState.Packaging), Is.True);
        Assert.That(IsLegal(OrderState.NeedsAttention, OrderState.Shipped, Actor.Mes, OrderState.Packaging), Is.False);
    }

    /// <summary>These numbers are stored and travel; renumbering would rewrite history.</summary>
    [Test]
    public void Persisted_numbers_are_frozen()
        => Assert.That(Live.Select(s => (int)s), Is.EqualTo(Enumerable.Range(1, 16)));

    static bool IsLegal(OrderState from, OrderState to, Actor actor, OrderState origin)
    {
        try
        {
            Check(from, to, actor, origin);
            return true;
        }
        catch (OrderTransitionException)
        {
            return false;
        }
    }
}
